"""What is handed to one person does not carry the addresses of others."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.cli.small_desk import ILSE, JAN, ME, START, Desk, mail


def test_others_of_a_group_are_counted_not_named(desk: Desk) -> None:
    group = mail(
        900, f"Jan <{JAN}>", f"{ME}, Ilse <{ILSE}>, other@third.example", "All of us", START + timedelta(days=1)
    )
    with (desk.folder / "mail.mbox").open("a") as box:
        box.write(group)
        box.write(mail(901, f"Ilse <{ILSE}>", f"{ME}, {JAN}", "From her", START + timedelta(days=2)))
    desk.ask("sync")
    told = desk.ask("export", "--person", JAN)
    assert told.code == 0, told.err
    rows = [json.loads(line) for line in told.out.splitlines()]
    seen = {row["observation"]["subject"]: row for row in rows if row["what"] == "observation"}
    assert seen["All of us"]["others"] == {"to": 2}
    assert [who["address"] for who in seen["All of us"]["observation"]["to"]] == [ME]
    assert seen["From her"]["others"] == {"from": 1}
    assert not any(address in json.dumps(list(seen.values())) for address in (ILSE, "third.example"))
