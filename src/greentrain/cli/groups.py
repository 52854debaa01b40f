"""A group of commands of which one is meant when none is named: ``profiles V100`` is ``profiles list V100``."""

from typing import Any

import typer.core

from greentrain.cli.options import LIST


class ListByDefault(typer.core.TyperGroup):
    """Runs ``list`` when the first word names no command of the group."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``list`` before arguments that name no command."""
        first = next((word for word in args if not word.startswith("-")), None)
        if first not in self.commands and not {"-h", "--help"} & set(args):
            args = [LIST, *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest
