"""What Microsoft counts per mailbox holds for all accounts of it together; and no pause outlives the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from connectors.connector import Connector, Throttled
from connectors.microsoft import graph
from connectors.microsoft.calendar import OutlookCalendarConnector
from connectors.microsoft.lanes import in_parallel
from connectors.microsoft.login import Tokens
from connectors.microsoft.mail import OutlookMailConnector
from connectors.patience import Budget, Interrupted, Patience, SystemClock, Turnstile, Turnstiles
from connectors.registry import Opener
from connectors.secrets import Forgetful
from tests.connectors.contract import NOW, Held
from tests.fakes.clock import Clock
from tests.fakes.mailbox import Mail
from tests.fakes.microsoft.graph import Folder
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.microsoft.gate import MsalDoor, calendar_options, log_in, mail_options, patience, transport
from tests.microsoft.worlds import OutlookCalendarWorld

FOLDERS = 12


class Crowd:
    """Holds requests until as many are under way as may be, so that too many are seen for certain."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._inside, self._seen = wanted, 0, False
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self._inside += 1
            self._seen |= self._inside >= self._wanted
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._seen, timeout=0.3)
            self._inside -= 1


def filled(at_once: int = 4) -> FakeMicrosoft:
    """Mail in many folders."""
    fake = FakeMicrosoft(clock=Clock(NOW), at_once=at_once)
    fake.mail.folders += tuple(Folder(f"F-{number}", f"Own {number}") for number in range(FOLDERS))
    for number in range(4 * FOLDERS):
        at = NOW - timedelta(hours=number + 1)
        headers = (("From", "anna@nordkai.example"), ("Subject", f"{number}"), ("Date", format_datetime(at)))
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({f"F-{number % FOLDERS}"})))
    return fake


def three_accounts(fake: FakeMicrosoft, turnstiles: Iterable[Turnstiles]) -> list[Connector]:
    """Two of mail and one of the calendar, all of one person; each with its turnstiles."""
    secrets = Forgetful()
    accounts = [mail_options(name="a"), mail_options(name="b"), calendar_options(name="c")]
    made: list[Connector] = []
    for options, shared in zip(accounts, turnstiles, strict=True):
        log_in(fake, options, secrets)
        kind: Any = OutlookCalendarConnector if options.kind == "outlook_calendar" else OutlookMailConnector
        tokens = Tokens(options, secrets, MsalDoor(fake))
        doors = {"tokens": tokens, "patience": patience(fake), "transport": transport(fake)}
        made.append(kind(options, secrets, turnstiles=shared, **doors))
    return made


def read_at_once(connectors: list[Connector]) -> list[Held]:
    """All of them, each in a thread of its own, begun together."""
    helds = [Held() for _ in connectors]
    begin = threading.Barrier(len(connectors))

    def read(connector: Connector, held: Held) -> None:
        begin.wait()
        for source in connector.sources():
            for batch in connector.batches(source.name, None, held, NOW):
                held.write(batch)

    threads = [threading.Thread(target=read, args=pair) for pair in zip(connectors, helds, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return helds


def test_four_at_once_for_all_accounts_of_a_mailbox() -> None:
    fake = filled()
    fake.inside = Crowd(wanted=5)
    shared = Turnstiles()
    helds = read_at_once(three_accounts(fake, [shared] * 3))
    assert fake.most_at_once == 4
    assert [len(held.kept) for held in helds] == [4 * FOLDERS, 4 * FOLDERS, 0]
    assert {status for _, _, status, *_ in fake.log} == {200}, "none was refused"


def test_without_sharing_there_would_be_more() -> None:
    """What the test before could not see if its crowd were too thin."""
    fake = filled(at_once=100)
    fake.inside = Crowd(wanted=5)
    read_at_once(three_accounts(fake, [Turnstiles() for _ in range(3)]))
    assert fake.most_at_once > 4


@pytest.mark.parametrize("together", [True, False])
def test_one_budget_for_all_accounts_of_a_mailbox(monkeypatch: pytest.MonkeyPatch, together: bool) -> None:
    """Alone each stays below the limit; together they are above it, and only sharing keeps Graph from saying so."""
    monkeypatch.setattr(graph, "PER_WINDOW", 40)
    fake = filled()
    fake.per_window = 40
    shared = Turnstiles()
    connectors = three_accounts(fake, [shared if together else Turnstiles() for _ in range(3)])
    with suppress(Throttled):
        for connector in connectors:
            for source in connector.sources():
                list(connector.batches(source.name, None, Held(), NOW))
    refused = [path for _, path, status, *_ in fake.log if status == 429]
    assert bool(refused) is not together


def test_accounts_of_others_have_their_own() -> None:
    fake = filled()
    turnstiles = Turnstiles()
    for connector in three_accounts(fake, [turnstiles] * 3):
        for source in connector.sources():
            list(connector.batches(source.name, None, Held(), NOW))
    assert list(turnstiles._made) == ["https://graph.microsoft.com/v1.0 mara@visser-advies.example"]
    fake.mailbox.address = fake.entra.address = "bram@visser-advies.example"
    list(three_accounts(fake, [turnstiles] * 3)[0].batches("mail", None, Held(), NOW))
    assert len(turnstiles._made) == 2


def test_whose_mailbox_it_is() -> None:
    """By certificate the config says it, behind a command perhaps nobody: then all such count as one."""
    for options, wanted in [
        (mail_options(token_command="echo at"), ""),
        (mail_options(token_command="echo at", user="Mara@visser-advies.example"), "mara@visser-advies.example"),
        (mail_options(certificate="x.pem", user="mara@visser-advies.example"), "mara@visser-advies.example"),
    ]:
        assert Tokens(options, Forgetful()).mailbox() == wanted


def test_an_opener_shares_what_its_accounts_share() -> None:
    opener = Opener()
    one, other = opener(mail_options(name="a")), opener(calendar_options(name="b"))
    assert isinstance(one, OutlookMailConnector)
    assert isinstance(other, OutlookCalendarConnector)
    assert one._graph._turnstiles is other._graph._turnstiles
    assert one._graph.patience.clock is other._graph.patience.clock
    assert Opener()(mail_options(name="a"))._graph._turnstiles is not one._graph._turnstiles  # type: ignore[attr-defined]


def test_a_turnstile_counts_units_and_lets_the_next_one_in_after_an_error() -> None:
    clock = Clock()
    turnstile = Turnstile(1, Budget(10, 600.0, clock))
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), turnstile.passing(5):
            raise ValueError("broken")
    assert clock.monotonic() >= 600, "the third did not fit"


# No pause outlives the process


def patient(fake: FakeMicrosoft, opener: Opener) -> Connector:
    """A connector as the service opens it, whose server asks for five minutes."""
    connector = opener(mail_options(name="mail"))
    assert isinstance(connector, OutlookMailConnector)
    secrets = Forgetful()
    log_in(fake, mail_options(name="mail"), secrets)
    connector._graph._tokens = Tokens(mail_options(name="mail"), secrets, MsalDoor(fake))
    connector._graph._transport = httpx.MockTransport(lambda _: httpx.Response(429, headers={"retry-after": "290"}))
    return connector


def test_stopping_ends_the_pause_that_a_server_asked_for() -> None:
    opener, ended = Opener(), threading.Event()
    connector = patient(FakeMicrosoft(), opener)

    def read() -> None:
        with pytest.raises(Interrupted):
            list(connector.batches("mail", None, Held(), NOW))
        ended.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    began = time.monotonic()
    opener.stop()
    assert ended.wait(30)
    assert time.monotonic() - began < 30


def test_stopping_ends_the_pauses_of_all_lanes() -> None:
    clock = SystemClock()
    waiting = Patience(clock)

    def pause() -> Iterable[int]:
        clock.sleep(1000)
        yield 1

    ended: list[str] = []

    def read() -> None:
        try:
            list(in_parallel([lambda: iter(pause())] * 6, 4))
        except Interrupted:
            ended.append("interrupted")

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    clock.stop()
    thread.join(30)
    assert ended == ["interrupted"]
    with pytest.raises(Interrupted):
        waiting.clock.sleep(0.0)


def test_lanes_keep_no_process_from_ending() -> None:
    """Broken off in the terminal: the threads that still wait for a server die with the rest."""
    hold = threading.Event()

    def never() -> Iterable[int]:
        yield 1
        hold.wait()

    lanes = in_parallel([lambda: iter(never())], 4)
    assert next(iter(lanes)) == 1
    left = [thread for thread in threading.enumerate() if thread.name.startswith("lane ")]
    assert left
    assert all(thread.daemon for thread in left)
    hold.set()


def test_a_closed_connector_asks_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    world = OutlookCalendarWorld(monkeypatch)
    connector = world.connector()
    connector.close()
    with pytest.raises(Interrupted):
        connector.sources()
    assert world.fake.log == []
