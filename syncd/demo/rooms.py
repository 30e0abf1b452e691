"""Where people meet without a place: links as the services write them, with invented numbers, and telephones."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

from syncd.demo import phrases

_LETTERS = "abcdefghijkmnopqrstuvwxyz"
Room = tuple[str, str, tuple[str, ...]]  # location, description, further properties


def phone_number(rng: Random) -> str:
    number = rng.randrange(1, 999)
    return rng.choice(phrases.PHONES).format(n=number, m=number % 100)


def meet_online(rng: Random) -> Room:
    """A video room: Zoom, Teams (plain and behind a mail filter), Meet, Webex, Whereby, Jitsi or GoTo."""
    return rng.choice((_zoom, _zoom, _teams, _teams, _teams_filtered, _meet, _meet, _webex, _whereby, _jitsi, _goto))(
        rng
    )


def _word(rng: Random, length: int) -> str:
    return "".join(rng.choices(_LETTERS, k=length))


def _zoom(rng: Random) -> Room:
    url = f"https://us02web.zoom.us/j/8{rng.randrange(10**9):09d}?pwd={_word(rng, 12)}"
    return url, f"Mara is inviting you to a scheduled Zoom meeting.\nJoin: {url}\n", ()


def _teams_link(rng: Random) -> str:
    return f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{_word(rng, 24)}%40thread.v2/0?context=%7b%7d"


def _teams(rng: Random) -> Room:
    url = _teams_link(rng)
    text = (
        f"________________\nMicrosoft Teams meeting\nJoin: {url}\nOr call in: +49 30 23125 {rng.randrange(999):03d}\n"
    )
    return "Microsoft Teams Meeting", text, (f"X-MICROSOFT-SKYPETEAMSMEETINGURL:{url}",)


def _teams_filtered(rng: Random) -> Room:
    wrapped = quote(_teams_link(rng), safe="")
    return "Online", f"https://eur01.safelinks.protection.outlook.com/?url={wrapped}&data=05%7C02\n", ()


def _meet(rng: Random) -> Room:
    url = f"https://meet.google.com/{_word(rng, 3)}-{_word(rng, 4)}-{_word(rng, 3)}"
    return "", f"Join with Google Meet: {url}\n", (f"X-GOOGLE-CONFERENCE:{url}",)


def _webex(rng: Random) -> Room:
    return f"https://meet{rng.randrange(100, 999)}.webex.com/meet/pr{rng.randrange(10**9)}", "", ()


def _whereby(rng: Random) -> Room:
    return "", f"We meet here: https://whereby.com/{_word(rng, 8)}\n", ()


def _jitsi(rng: Random) -> Room:
    return f"https://meet.jit.si/{_word(rng, 10).title()}", "", ()


def _goto(rng: Random) -> Room:
    return "", f"https://meet.goto.com/{rng.randrange(10**8, 10**9)}\n", ()
