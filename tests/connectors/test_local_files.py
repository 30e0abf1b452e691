"""What only local sources know: renames, appended files, labels, paths that are not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.connector import CursorExpired, Unreachable
from connectors.ics.connector import IcsConnector
from connectors.maildir import MaildirConnector, native_id, place
from connectors.mbox.connector import MboxConnector
from connectors.memory import MemoryConnector
from connectors.observations import Message
from connectors.options import IcsOptions, MaildirOptions, MboxOptions, MemoryOptions, NetworkAccountOptions
from connectors.registry import KINDS, open_connector
from tests.connectors.contract import NOW, Held, run
from tests.connectors.worlds import MaildirWorld, MboxWorld, MemoryWorld, calendar, event, mail, utc


@pytest.fixture
def maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MaildirWorld:
    world = MaildirWorld(tmp_path / "Maildir", monkeypatch)
    world.add(range(6))
    return world


def test_reading_and_flagging_is_no_news(maildir: MaildirWorld) -> None:
    held = Held()
    run(maildir, held)
    unread = maildir.path(1)
    unread.rename(maildir.root / "cur" / f"{unread.name}:2,S")
    read = maildir.path(2)
    read.rename(read.with_name(read.name.replace(",S=300:2,S", ",U=7,S=300:2,FS")))
    batches = run(maildir, held)
    assert not any(batch.items or batch.removed for batch in batches)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ((), "INBOX"),
        ((".Sent",), "Sent"),
        ((".Projects.Alpha",), "Projects/Alpha"),
        (("Projects", "Alpha"), "Projects/Alpha"),
        ((".Entw&APw-rfe",), "Entwürfe"),
        ((".A&-B",), "A&B"),
        ((".&broken-",), "&broken-"),
    ],
)
def test_folder_names(folder: tuple[str, ...], name: str) -> None:
    assert place(folder).name == name


def test_native_ids() -> None:
    assert native_id((), "1700.M1P2.host,S=5,W=6:2,RS") == "1700.M1P2.host"
    assert native_id((".Sent",), "1700.M1P2.host,U=9") == ".Sent/1700.M1P2.host"
    assert native_id((), os.fsdecode(b"1\xff")) == "1\\xff"


def test_nested_folders_without_a_root_mailbox(tmp_path: Path) -> None:
    for folder in ("INBOX", "Work/Sent"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / folder / part).mkdir(parents=True)
        (tmp_path / folder / "cur" / "1.x:2,").write_bytes(mail(1))
    held = Held()
    for batch in MaildirConnector(MaildirOptions(name="m", path=tmp_path)).batches("mail", None, held, NOW):
        held.write(batch)
    assert set(held.places.values()) == {("INBOX",), ("Work/Sent",)}


def test_a_folder_that_is_shut_removes_nothing(maildir: MaildirWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    maildir.move(3)
    held = Held()
    run(maildir, held)
    true_open = os.open

    def refusing(path: str, *args: int, **kwargs: int) -> int:
        if path == ".Projects.Alpha":
            raise PermissionError(13, "Permission denied")
        return true_open(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refusing)
    batches = run(maildir, held)
    assert not any(batch.removed for batch in batches)
    assert not any(batch.covered for batch in batches)
    assert any("may not read" in reason for reason in held.reasons.values())
    monkeypatch.undo()
    run(maildir, held)
    assert not held.reasons
    assert len(held.observations) == 6


@pytest.fixture
def mbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MboxWorld:
    world = MboxWorld(tmp_path, monkeypatch)
    world.add(range(30))
    return world


@contextmanager
def counting_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Where scans of mbox files begin."""
    from connectors.mbox import connector as module
    from connectors.mbox.format import entries

    begun: list[int] = []

    def noting(stream: object, start: int = 0) -> object:
        begun.append(start)
        return entries(stream, start)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "entries", noting)
    yield begun


def test_a_file_that_grew_is_read_from_its_last_message(mbox: MboxWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    run(mbox, held)
    size = mbox.path.stat().st_size
    mbox.add([30, 31])
    with counting_reads(monkeypatch) as begun:
        batches = run(mbox, held)
    assert begun
    assert min(begun) > size - 1_000
    assert sum(len(batch.items) for batch in batches) == 2
    with counting_reads(monkeypatch) as begun:
        run(mbox, held)
    assert begun == []


def test_a_file_cut_within_a_header_and_completed(mbox: MboxWorld) -> None:
    """As a copy or a delivery leaves it that was interrupted: the last message changes and the file grows at once."""
    whole, first, held = mbox.path.read_bytes(), Held(), Held()
    run(mbox, first)
    mbox.path.write_bytes(whole[: whole.rindex(b"Subject: item") + 4])
    mbox.stamp()
    run(mbox, held)
    assert held.kept.keys() != first.kept.keys()
    mbox.path.write_bytes(whole)
    mbox.stamp()
    run(mbox, held)
    assert held.kept.keys() == first.kept.keys()


def test_the_same_mail_several_times(mbox: MboxWorld) -> None:
    once = mbox.path.read_bytes()
    mbox.path.write_bytes(once * 3)
    held = Held()
    run(mbox, held)
    assert len(held.observations) == 90
    assert set(held.titles().values()) == {3}
    mbox.path.write_bytes(once * 3 + once)
    mbox.stamp()
    run(mbox, held)
    assert len(held.observations) == 120
    mbox.path.write_bytes(once)
    mbox.stamp()
    run(mbox, held)
    assert set(held.titles().values()) == {1}


def test_status_lines_are_no_news(mbox: MboxWorld) -> None:
    held = Held()
    run(mbox, held)
    text = mbox.path.read_bytes().replace(b"Message-ID:", b"Status: RO\nX-Mozilla-Status: 0001\nMessage-ID:")
    mbox.path.write_bytes(text)
    mbox.stamp()
    assert not any(batch.items or batch.removed for batch in run(mbox, held))


def test_labels_and_folders_are_places(mbox: MboxWorld) -> None:
    mbox.mails[3] = ("item 3", "X-Gmail-Labels: =?UTF-8?Q?Gesendet,Wichtig,=22Kunden,_alt=22?=\n")
    mbox.mails[4] = ("item 4", "X-Folder: \\Mara\\'sent mail\n")
    mbox.add([30])
    held = Held()
    run(mbox, held)
    by_title = {held.observations[n].subject: held.places[n] for n in held.places}  # type: ignore[union-attr]
    assert by_title["item 4"] == ("\\Mara\\'sent mail",)
    assert by_title["item 3"][:2] == ("Gesendet", "Wichtig")
    assert by_title["item 5"] == ("archive",)


def test_a_folder_of_mboxes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "Inbox").write_bytes(b"From a@b Mon Mar  3 10:00:00 2025\n" + mail(1))
    (tmp_path / "sub" / "All.mbox").write_bytes(b"From a@b Mon Mar  3 10:00:00 2025\n" + mail(2))
    (tmp_path / "Inbox.msf").write_bytes(b"// index")
    connector = MboxConnector(MboxOptions(name="m", path=tmp_path))
    assert [source.name for source in connector.sources()] == ["Inbox", "sub/All.mbox"]
    held = Held()
    for batch in connector.batches("sub/All.mbox", None, held, NOW):
        held.write(batch)
    assert list(held.places.values()) == [("sub/All",)]


@pytest.mark.parametrize("kind", ["maildir", "mbox", "ics"])
def test_a_path_that_is_not_there(tmp_path: Path, kind: str) -> None:
    connector = open_connector(KINDS[kind](name="x", kind=kind, path=tmp_path / "gone"))  # type: ignore[call-arg]
    source = connector.sources()[0].name
    with pytest.raises(Unreachable) as error:
        list(connector.batches(source, None, Held(), NOW))
    assert error.value.fix
    assert str(tmp_path / "gone") in str(error.value)


def test_files_of_the_wrong_kind(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"nothing that we know\n")
    for connector in (
        MboxConnector(MboxOptions(name="m", path=tmp_path / "x")),
        IcsConnector(IcsOptions(name="c", path=tmp_path / "x")),
        MaildirConnector(MaildirOptions(name="d", path=tmp_path)),
    ):
        with pytest.raises(Unreachable):
            list(connector.batches(connector.sources()[0].name, None, Held(), NOW))


def test_a_cursor_of_another_version_has_expired(mbox: MboxWorld) -> None:
    for cursor in ("{}x", '{"version":9}', "[]"):
        with pytest.raises(CursorExpired):
            list(mbox.connector().batches("mail", cursor, Held(), NOW))


def test_memory_breaks_on_demand() -> None:
    world = MemoryWorld()
    world.add(range(25))
    held = Held()
    run(world, held)
    world.memory.faults.expired = True
    with pytest.raises(CursorExpired):
        run(world, held)
    world.memory.faults.empty = True
    held.cursor = None
    assert len(run(world, deepcopy_of(held))[-1].removed) == 25
    assert len(list(world.memory.listing("mail", NOW))) == 25
    world.memory.faults.empty = False
    world.memory.faults.fail_after = 1
    with pytest.raises(Unreachable):
        run(world, Held())


def deepcopy_of(held: Held) -> Held:
    from copy import deepcopy

    return deepcopy(held)


def test_memory_reads_observations_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text('{"kind":"message","id":"1","date":"2026-03-01T10:00:00Z"}\n\n{"kind":"event","id":"2"}\n')
    connector = MemoryConnector(MemoryOptions(name="demo", path=path))
    assert [(source.name, source.observes) for source in connector.sources()] == [
        ("mail", "message"),
        ("calendar", "event"),
    ]
    (batch, *_) = connector.batches("mail", None, Held(), NOW)
    assert batch.items[0].observation == Message(id="1", date=utc(2026, 3, 1, 10), folders=("INBOX",))


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("https://mail.example", None),
        ("http://localhost:8080/", None),
        ("http://127.0.0.1:8080", None),
        ("http://[::1]:8080", None),
        ("http://mail.example", "readable"),
        ("http://localhost.evil.example", "readable"),
        ("ftp://mail.example", "must begin with"),
        ("https://", "host"),
        ("https://user:secret@mail.example", "login"),
        ("https://mail.example:port", "[Pp]ort"),
    ],
)
def test_endpoints(endpoint: str, problem: str | None) -> None:
    if problem is None:
        assert NetworkAccountOptions(name="n", kind="imap", endpoint=endpoint).endpoint == endpoint.rstrip("/")
    else:
        with pytest.raises(ValueError, match=problem):
            NetworkAccountOptions(name="n", kind="imap", endpoint=endpoint)


def test_every_option_is_described() -> None:
    for kind, options in KINDS.items():
        for name, field in options.model_fields.items():
            assert field.description or name == "kind", f"{kind}.{name} has no description"


def test_calendar_names_are_places(tmp_path: Path) -> None:
    path = tmp_path / "export.ics"
    path.write_bytes(calendar(event(1), head="X-WR-CALNAME:Mara\\, work\r\n"))
    held = Held()
    for batch in IcsConnector(IcsOptions(name="c", path=path)).batches("calendar", None, held, NOW):
        held.write(batch)
    assert list(held.places.values()) == [("Mara, work",)]
