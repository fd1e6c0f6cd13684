"""Help in plain text: the commands in groups, and long flags in full whatever the width of the terminal."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

__all__ = ["GroupedHelp"]


class GroupedHelp(TyperGroup):
    """A group whose help lists its commands under the headings they were given, in the order of definition."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                heading = getattr(command, "rich_help_panel", None)
                heading = heading if isinstance(heading, str) else "Commands"
                summary = (command.help or "").split("\n\n")[0]
                sections.setdefault(heading, []).append((name, " ".join(summary.split())))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
