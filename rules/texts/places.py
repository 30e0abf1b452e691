"""What a calendar entry's location names: a place where people can stand, or only a way to be reached."""

from __future__ import annotations

import re
from functools import lru_cache

from rules.texts import weblinks
from rules.texts.folding import fold

_PHONE = re.compile(
    r"(?:\+|\b00)?\(?\d[\d ().+/-]{6,22}\d"
    r"(?:\s*(?:#|x|ext\.?|,+|puis|then|dann|pin:?|code:?|id:?|passcode:?)\s*[\d #*]+)*"
)
_CODE = re.compile(
    r"\b(?:pin|pass ?code|access (?:code|no)|participant code|host code|"
    r"(?:meeting|conference|conf|mot(?:es)?|mode)[ -]?id|konferenz-?(?:id|nummer|code)|id|code|kode?|"
    r"cod(?:igo|ice)(?: d[ei] acces[so]o?)?|toegangscode|senha|passwort|password|kennwort|"
    r"(?:zugangs|teilnehmer|sitzungs)-?(?:code|pin)|losenord|ext|extension|durchwahl)\b[ .:#]*[\d #*-]{3,}#?",
    re.IGNORECASE,
)
# Behind a number whatever ends in digits is the code of a bridge, in any language: ", deltagarkod 7712".
_BRIDGE = re.compile(_PHONE.pattern + r"[\s,;/.-]*[^\d,;/]{1,30}\d[\d #*-]*[\d#]\s*$")
_REMOTE = re.compile(
    r"\b(?:(?:tel|ph|mob|fon|tlf|tfno|numero (?:verde|azul)|numero|nummer|inbel\w*|inbellen|wahlen|marcar|comporre|"
    r"dial|ring(?:a)? in|ligar|discar|hotline|freephone|toll[ -]?free)\b\.?|video ?-?(?:room|raum|rum|link)|"
    r"microsoft teams(?: ?-?(?:meeting|besprechung|vergadering|reunion|mote))?|ms ?-?teams|"
    r"teams(?: ?-?(?:meeting|call|besprechung|"
    r"vergadering|reunion|link|mote))?|zoom(?: ?-?(?:meeting|call|link|room))?|google ?-?(?:meet|"
    r"hangouts?)|meet\.google\.com|"
    r"hangouts?(?: meet)?|gmeet|google|meet|webex(?: ?meeting)?|cisco|"
    r"skype(?: for business)?(?: ?-?(?:meeting|besprechung|vergadering))?|"
    r"skype ?for ?business|lync|facetime|whatsapp|signal|telegram|viber|wechat|discord|"
    r"slack(?: huddle)?|huddle|jitsi(?: meet)?|bbb|big ?blue ?button|"
    r"go ?to ?meeting|bluejeans|blue jeans|whereby|starleaf|chime|livestorm|around|gather(?:\.town)?|"
    r"video ?-?(?:\w*konferenz|call|conference|conf|meeting|chat|anruf|bellen|gesprek|llamada|lamada|"
    r"conferencia|chiamata|conferenza|chamada|mote|samtal|visio)?s?|"
    r"visio ?-?(?:conference|conf)?|visioconference|videoconferenza|videollamada|videochiamata|"
    r"videochamada|videomote|videosamtal|videoconferencia|"
    r"online(?: ?-?(?:meeting|besprechung|termin|vergadering|mote|event))?|on-?line|en ligne|en linea|"
    r"em linha|in linea|a distancia|a distanza|virtual(?:ly|e|mente)?|virtuell(?:es|t)?|virtueel|"
    r"virtuel(?:le)?|remote(?:ly)?|a distance|"
    r"remoto|distans|pa distans|op afstand|internet|web|web ?conference|webkonferenz|"
    r"tele(?:phone|fone|fon|foon|fono|fonico|phonique|phonic|conference|conferencia|conferentie|"
    r"conferenza|konferenz|con|konf|fonkonferenz|fonisch|fonico|fonisk|fonat|fonate|fonica|"
    r"phonisch)?(?: ?-?(?:call|conference|meeting|konferenz))?|"
    r"phone(?: ?-?(?:call|conference|conf|meeting|in))?|by phone|conference ?-?(?:call|bridge|line)|"
    r"conf\.? ?-?(?:call|bridge)|con ?-?call|"
    r"call(?: ?-?(?:in|me|you|him|her|them))?|dial ?-?in(?: ?(?:number|details|info(?:rmation)?))?|"
    r"bridge|bridge line|audio(?: ?conference)?|"
    r"einwahl(?:nummer|daten)?|mobil(?:e|telefon)?|cell(?: ?phone)?|handy|anruf|ruft an|"
    r"appel(?: telephonique)?|llamada|chiamata|chamada|ligacao|samtal|bellen|belt|"
    r"i will call|will call|i'll call you|join (?:the )?(?:meeting|online|link)|"
    r"link (?:to )?follows?|to follow|see (?:below|link|description|invite|body|details)|"
    r"link (?:below|in (?:the )?(?:description|invite|body))|"
    r"(?:link|lien|enlace|lank|liga[cn]ao) (?:in|en|dans|nella?|no|na|i) (?:l'|la |der |the |your |il )?(?:e-?)?"
    r"(?:mail|mejl|invit\w*|einladung|uitnodiging|convite|inbjudan|chat|kalender\w*|description|descripcion|"
    r"descrizione|descricao)|"
    r"in (?:der )?beschreibung|siehe (?:unten|link|einladung|beschreibung)|meeting link|link|links?|url)\b",
    re.IGNORECASE,
)
_UNSAID = re.compile(
    r"\b(?:t\.?b\.?[dcan]\.?|to be (?:determined|confirmed|announced|decided|advised)|n/?a|none|unknown|noch offen|"
    r"offen|wird noch (?:bekannt|mitgeteilt)\w*|folgt|a definir|a determiner|a confirmer|por definir|"
    r"por confirmar|da definire|da confermare|"
    r"nader te bepalen|n\.?t\.?b\.?|meddelas senare|bestams senare|not specified|no location|"
    r"where(?:ver)?|any(?:where)?)(?:\b|$)",
    re.IGNORECASE,
)
_GLUE = re.compile(
    r"\b(?:and|or|via|by|we|you|us|wir|sie|nous|vous|por|pelo|pela|al|alla|di|do|da|dos|das|del|des|du|sul|su|au|aan|ved|zum|zur|"
    r"por|vom|von|van|on|in|at|the|a|with|per|over|using|use|for|to|we|und|oder|uber|mit|auf|am|im|et|"
    r"ou|par|sur|avec|y|o|e|con|"
    r"en|of|het|de|della|del|eller|och|med|till|your|my|me|no|number|nr|join(?:ing)?|here|hier|ici|"
    r"click|klick(?:en)?|session|code|passcode|password|pw|pin|id|unter|through|this|attend|"
    r"participate|teilnehmen|teilnahme|beitreten|rejoindre|unirse|partecipa|deelnemen|participar|"
    r"delta|anslut|info|information|details|only|please|pls|event|meeting|besprechung|"
    r"vergadering|reunion|riunione|reuniao|mote)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def read(location: str) -> tuple[str, bool]:
    """What is left of a location when links, numbers and ways to be reached are taken out, folded; and whether it
    says that the place is still to be found. An empty rest: no place is named."""
    text = fold(weblinks.without(location[:1000]))
    unsaid = bool(_UNSAID.search(text)) or (bool(text.strip()) and not any(map(str.isalnum, text)))
    text = _UNSAID.sub(" ", text)
    numbers = sum(map(str.isdigit, text)) >= 7
    if numbers:
        text = _BRIDGE.sub(" ", text)
    text = _CODE.sub(" ", text)
    if numbers:
        text = _PHONE.sub(" ", text)
    rest = _REMOTE.sub(" ", text)
    if not any(map(str.isalnum, _GLUE.sub(" ", rest))):
        return "", unsaid
    return " ".join(rest.split()), unsaid


def has_phone(location: str) -> bool:
    """Whether something that looks like a telephone number stands in the text (any country, no proof)."""
    return sum(map(str.isdigit, location)) >= 7 and bool(_PHONE.search(fold(weblinks.without(location))))
