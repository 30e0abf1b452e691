"""Help as plain text, commands in groups. Rich would draw it in boxes and take half a second to load."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """Names arguments as manuals do, without the braces and the types of Python that typer sets around them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            records = [param.get_help_record(ctx) for param in self.get_params(ctx) if param.param_type_name == kind]
            rows = [
                (_without_type(record[0]) if kind == "argument" else record[0], record[1])
                for record in records
                if record
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _without_type(name: str) -> str:
    return name.partition(" <")[0]


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
