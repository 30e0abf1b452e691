"""Help as plain text, commands in groups. Rich would draw it in boxes and take half a second to load."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class GroupedCommands(TyperGroup):
    """Lists commands under their `rich_help_panel`, in the order in which they were added."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the base class calls it so
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            group = getattr(command, "rich_help_panel", None)
            group = group if isinstance(group, str) else "Commands"
            groups.setdefault(group, []).append((name, command.get_short_help_str(limit=120)))
        widest = max((len(name) for names in groups.values() for name, _ in names), default=0)
        for group, rows in groups.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(widest), text) for name, text in rows])
