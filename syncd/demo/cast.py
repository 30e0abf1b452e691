"""Who plays in the sample data: invented people with a rhythm and, some of them, a story.

Rates are per week. A story changes a figure's rates from one week on; `weeks_ago` counts back from the end of the
sample. Every name and firm is made up and every address stands under .example, which nobody can own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

DOMAIN = "visser-advies.example"
OWNER = ("Mara Visser", f"mara.visser@{DOMAIN}")
OWNER_ALIAS = f"mara@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often in a week: lunches and coffees, video catch-ups, calls, personal letters, letters about work,
    meetings about work, orders and invoices from the person, and mail of their firm's robots."""

    lunch: float = 0.0
    video: float = 0.0
    phone: float = 0.0
    note: float = 0.0
    work: float = 0.0
    meeting: float = 0.0
    order: float = 0.0
    robot: float = 0.0


CLOSE = Rhythm(0.20, 0.18, 0.22, 0.48, 0.55, 0.10, 0.20, 0.15)
STEADY = Rhythm(0.10, 0.12, 0.13, 0.30, 0.45, 0.08, 0.20, 0.15)
LIGHT = Rhythm(0.06, 0.05, 0.07, 0.16, 0.25, 0.04, 0.12, 0.10)
ORDERS = Rhythm(0.0, 0.0, 0.01, 0.01, 0.12, 0.0, 0.75, 0.45)
MATE = Rhythm(0.14, 0.03, 0.10, 0.32, 0.75, 0.12, 0.03, 0.0)
FRIEND = Rhythm(0.20, 0.12, 0.16, 0.40, 0.06, 0.0, 0.02, 0.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One person of the cast. `starts`: how often they, not the owner, begin a conversation; `answers`: how often
    they answer; `new_domain`: where they work from `weeks_ago` on."""

    first: str
    last: str
    domain: str
    circle: str
    language: str
    rhythm: Rhythm
    story: str = "healthy"
    weeks_ago: int = 0
    topic: str = ""
    town: str = "Rotterdam"
    starts: float = 0.5
    answers: float = 0.9
    hours: float = 7.0
    new_domain: str | None = None
    billing: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def slug(self) -> str:
        """The first name as addresses and ids may hold it."""
        return self.first.lower().replace("ë", "e")

    @property
    def address(self) -> str:
        return _address(self, self.domain)

    @property
    def new_address(self) -> str | None:
        return _address(self, self.new_domain) if self.new_domain else None

    @property
    def firm(self) -> str:
        return self.domain.split(".", 1)[0].replace("-", " ").title()


def _address(figure: Figure, domain: str) -> str:
    return f"{figure.slug}.{figure.last.lower().replace(' ', '')}@{domain}"


def _often(rhythm: Rhythm, **rates: float) -> Rhythm:
    return replace(rhythm, **rates)


CUSTOMERS = (
    Figure(
        "Ilse",
        "Brandsma",
        "nordkai.example",
        "customer",
        "nl",
        CLOSE,
        "into_billing",
        37,
        "kadeplan",
        "Rotterdam",
        billing="facturen",
    ),
    Figure("Henrik", "Solvang", "fjordhavn.example", "customer", "en", CLOSE, topic="berth planner", town="Bergen"),
    Figure(
        "Katharina", "Reuter", "elbwerk.example", "customer", "de", CLOSE, "slide_ramp", 60, "Hafenkonzept", "Hamburg"
    ),
    Figure(
        "Tomas", "Okafor", "lindenport.example", "customer", "en", STEADY, "weathered", 24, "gate redesign", "Antwerp"
    ),
    Figure("Sanne", "de Wit", "waterrand.example", "customer", "nl", STEADY, topic="oeverstudie", town="Dordrecht"),
    Figure(
        "Dieter",
        "Kolb",
        "kolb-sohn.example",
        "customer",
        "de",
        ORDERS,
        "never_personal",
        topic="Rahmenvertrag",
        town="Bremen",
    ),
    Figure(
        "Amelie", "Fournel", "quaisept.example", "customer", "en", CLOSE, "came_back", 52, "terminal map", "Lille"
    ),
    Figure("Rosa", "Quintal", "marola.example", "customer", "en", STEADY, "newcomer", 7, "cold store", "Porto"),
    Figure(
        "Jasper",
        "Holt",
        "grensmark.example",
        "customer",
        "en",
        _often(CLOSE, lunch=0.32, phone=0.34),
        "moved_down",
        42,
        "customs lane",
        "Venlo",
    ),
    Figure("Wietske", "Hoekema", "terphuis.example", "customer", "nl", LIGHT, topic="wijkplan", town="Leeuwarden"),
    Figure("Oskar", "Lindhagen", "bryggan.example", "customer", "en", STEADY, "left", 20, "ferry stop", "Malmö"),
    Figure(
        "Priya", "Mehrotra", "sundara.example", "customer", "en", STEADY, "project_ends", 30, "spice quay", "Utrecht"
    ),
)
SUPPLIERS = (
    Figure(
        "Bram",
        "Kuiper",
        "zilverblad.example",
        "supplier",
        "nl",
        CLOSE,
        "into_billing",
        44,
        "drukwerk",
        "Delft",
        billing="administratie",
    ),
    Figure(
        "Lena",
        "Vogt",
        "papierhaus.example",
        "supplier",
        "de",
        ORDERS,
        "never_personal",
        topic="Papierlieferung",
        town="Kassel",
    ),
    Figure("Femke", "Postma", "postma-cijfers.example", "supplier", "nl", STEADY, topic="jaarcijfers"),
    Figure("Carlo", "Benatti", "studio-onda.example", "supplier", "en", STEADY, topic="map style", town="Utrecht"),
    Figure("Nils", "Aagaard", "hostwerk.example", "supplier", "en", ORDERS, "never_personal", topic="hosting plan"),
    Figure("Jutta", "Engel", "engel-texte.example", "supplier", "de", LIGHT, topic="Übersetzung", town="Köln"),
    Figure(
        "Marek", "Dvorsky", "kubik.example", "supplier", "en", CLOSE, "slide_ramp", 50, "spring event", "Eindhoven"
    ),
    Figure("Ruth", "Adeyemi", "adeyemi-law.example", "supplier", "en", LIGHT, topic="framework contract"),
    Figure("Koen", "Maas", "smaakhuis.example", "supplier", "nl", ORDERS, "never_personal", topic="lunchservice"),
    Figure("Silke", "Harms", "harms-reisen.example", "supplier", "de", LIGHT, topic="Gruppenreise", town="Kiel"),
    Figure("Ewan", "Drummond", "drumlight.example", "supplier", "en", LIGHT, topic="harbour photos", town="Leith"),
    Figure("Anouk", "Lemaire", "lemaire-it.example", "supplier", "en", STEADY, topic="backup move", town="Breda"),
)
COLLEAGUES = (
    Figure("Daan", "Verhoeven", DOMAIN, "team", "nl", _often(MATE, work=1.3), topic="kadeplan", hours=3.0),
    Figure("Noor", "el Amrani", DOMAIN, "team", "nl", _often(MATE, work=1.3), topic="gate redesign", hours=3.0),
    Figure("Pieter", "Groot", DOMAIN, "team", "nl", MATE, topic="terminal map", hours=5.0),
    Figure("Lotte", "Bakker", DOMAIN, "team", "nl", MATE, topic="oeverstudie", hours=4.0),
    Figure("Yusuf", "Demir", DOMAIN, "team", "en", MATE, topic="berth planner", hours=4.0),
    Figure("Hanna", "Weiss", DOMAIN, "team", "de", MATE, "newcomer", 6, "Hafenkonzept", hours=4.0),
    Figure("Sjoerd", "Prins", DOMAIN, "team", "nl", MATE, topic="offertes", hours=6.0),
    Figure("Eva", "Molenaar", DOMAIN, "team", "nl", MATE, topic="planning", hours=4.0),
    Figure("Tim", "Claassen", DOMAIN, "team", "nl", MATE, topic="kaartlagen", hours=5.0),
    Figure("Zoë", "Martens", DOMAIN, "team", "en", MATE, topic="customs lane", hours=4.0),
    Figure("Ravi", "Shankaran", DOMAIN, "team", "en", MATE, topic="data room", hours=4.0),
    Figure("Ingrid", "Dahl", DOMAIN, "team", "en", _often(MATE, work=0.4), topic="ferry stop", hours=6.0),
)
FRIENDS = (
    Figure("Joris", "van Laar", "vanlaar.example", "other", "nl", FRIEND, town="Gouda"),
    Figure("Clara", "Hemming", "hemming-partners.example", "other", "en", FRIEND, "quiet", 34, town="Leiden"),
    Figure(
        "Jonas",
        "Brandt",
        "lotsenhaus.example",
        "other",
        "de",
        FRIEND,
        "new_address",
        40,
        town="Hamburg",
        new_domain="brandt-beratung.example",
    ),
    Figure(
        "Marta",
        "Nowicka",
        "nowicka.example",
        "other",
        "en",
        _often(FRIEND, note=0.65),
        "one_sided",
        town="Den Haag",
        starts=0.03,
        answers=0.55,
        hours=60.0,
    ),
    Figure("Felix", "Arndt", "arndt-holzbau.example", "other", "de", FRIEND, "moved_down", 48, town="Münster"),
    Figure(
        "Beatrice",
        "Colm",
        "colm-recruiting.example",
        "other",
        "en",
        CLOSE,
        "slide_abrupt",
        36,
        "planner vacancy",
        "Amsterdam",
    ),
    Figure("Gijs", "Terlouw", "terlouw.example", "other", "nl", FRIEND, town="Delft"),
    Figure("Nadia", "Rahal", "rahal-architects.example", "other", "en", FRIEND, town="Brussels"),
    Figure("Ulrike", "Sommer", "sommer-kanzlei.example", "other", "de", LIGHT, topic="Vortrag", town="Bonn"),
    Figure("Tess", "Rijnders", "rijnders.example", "other", "nl", FRIEND, town="Rotterdam"),
    Figure("Owen", "Pryce", "pryce-maps.example", "other", "en", FRIEND, town="Cardiff"),
    Figure("Saskia", "Boon", "boonadvies.example", "other", "nl", FRIEND, "newcomer", 8, town="Zwolle"),
)
# Those who were there from the beginning.
MATES = tuple(figure for figure in COLLEAGUES if figure.story != "newcomer")
CAST = CUSTOMERS + SUPPLIERS + COLLEAGUES + FRIENDS

# What a story is in the end: the status that an observer who knew everything would give.
STATUS_OF_STORY = {
    "healthy": "healthy",
    "slide_abrupt": "drifting",
    "slide_ramp": "drifting",
    "into_billing": "drifting",
    "moved_down": "moved_down",
    "quiet": "going_quiet",
    "one_sided": "one_sided",
    "never_personal": "never_personal",
    "left": "ended",
    "came_back": "healthy",
    "newcomer": "too_little_history",
    "project_ends": "healthy",
    "new_address": "healthy",
    "weathered": "healthy",
}
