"""The report as plain text: the same facts as the HTML, for those who read mail that way."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from syncd.report import answers, pictures, words
from syncd.report.figures import Figure
from syncd.report.model import Card, Known, Line, Report

WIDTH = 76


def blind_spots() -> str:
    """What no report of this kind can see, said every time."""
    return (
        "Not seen: calls from a mobile phone, chats, who really came to a meeting, and anything outside these "
        "accounts. If you spoke, say so with one answer: it counts like any other contact. What would have been "
        "usual allows for holidays and seasons."
    )


def text(report: Report) -> str:
    """The whole report, wrapped, ending with a line feed."""
    blocks = [
        _filled(f"{words.day(report.as_of)} · week {report.week}"),
        _filled(f"{'Hello ' + report.owner + '. ' if report.owner else ''}{report.summary}"),
        *(_filled(notice, "! ") for notice in report.notices),
        *_section("Call first", map(_line, report.call_first)),
        *_section("People to think of this week", map(_card, report.cards), apart=True),
        *_section("Also on the list", (*map(_named, report.waiting), _more(report.more_waiting))),
        *_section("Back again", map(_line, report.came_back)),
        *_section("On watch", (*(_named(one, evidence=True) for one in report.watched), _more(report.more_watched))),
        *_section("Contracts that end soon", map(_line, report.renewals)),
        *_section(
            "The last 13 weeks", (*map(_figure, report.figures), *(_filled(line, "- ") for line in report.given))
        ),
        *_section("Who is close", _points(report.close)),
        *_section("One person or two?", _twins(report)),
        *_section("What this is based on", map(_filled, (*report.seen.lines, *report.left_out, blind_spots()))),
        *_section("How to answer", [_filled(how_to_answer(report.reply_to))] if report.answerable else []),
    ]
    return "\n\n".join(blocks) + "\n"


def how_to_answer(reply_to: str) -> str:
    return (
        f"Send yourself ({reply_to}) a mail with one of the subjects above; the rest of it is never read. "
        'For example "syncd: snooze CODE 6 weeks" or "syncd: phone CODE yesterday".'
    )


def _section(title: str, parts: Iterable[str], *, apart: bool = False) -> Iterator[str]:
    found = [part for part in parts if part]
    if found:
        yield f"{title}\n{'-' * len(title)}\n" + ("\n\n" if apart else "\n").join(found)


def _card(card: Card) -> str:
    known = card.known
    sure = f" ({words.percent(known.sure)} sure)" if known.sure else ""
    lines = [
        _filled(f"{_who(known)}{' · key' if known.person.key else ''}"),
        _filled(f"{card.headline}{sure}", "  "),
        _filled(known.evidence, "  "),
        *(_filled(line, "  ") for line in (card.planned, card.renewal, card.said) if line),
        _filled(f"What would help: {known.suggestion}", "  ") if known.suggestion else "",
        f"  {pictures.blocks([month.personal for month in card.months])}  {card.legend[0]}, by month",
        f"  {pictures.blocks([month.other for month in card.months])}  {card.legend[1]}",
        _choices([answers.subject(word, known.code) for word in _ANSWERS]),
    ]
    return "\n".join(line for line in lines if line)


def _choices(subjects: Sequence[str]) -> str:
    """Subjects to choose from, none of them broken by the end of a line."""
    whole = " | ".join(subject.replace(" ", _NO_BREAK) for subject in subjects)
    return _filled(f"Answer: {whole}", "  ").replace(_NO_BREAK, " ")


_NO_BREAK = "\xa0"
_ANSWERS = ("right", "phone", "wrong", "snooze", "ended")


def _who(known: Known) -> str:
    return f"{known.name}, {known.firm}" if known.firm else known.name


def _named(known: Known, *, evidence: bool = False) -> str:
    more = f" {known.evidence}" if evidence else f" {known.label}{known.began}"
    return _filled(f"{_who(known)}:{more} [{known.code}]", "- ")


def _line(line: Line) -> str:
    return _filled(f"{_who(line.known)}: {line.text}", "- ")


def _points(lines: Iterable[str]) -> Iterator[str]:
    return (_filled(line, "- ") for line in lines)


def _more(number: int) -> str:
    return f"- and {number} more (syncd people)" if number else ""


def _figure(figure: Figure) -> str:
    before = f"  (a year ago: {figure.shown_before})" if figure.before is not None else ""
    return f"{figure.shown:>6} {figure.label}{before}"


def _twins(report: Report) -> Iterator[str]:
    for twins in report.twins:
        yield _filled(twins.question, "- ")
        same, other = (answers.subject(word, *twins.codes) for word in ("same", "other"))
        yield _choices((same, other))


def _filled(paragraph: str, indent: str = "") -> str:
    rest = " " * len(indent)
    return textwrap.fill(
        paragraph, WIDTH, initial_indent=indent, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
