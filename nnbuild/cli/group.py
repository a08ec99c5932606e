"""The group of commands: imports a command when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from nnbuild.cli.failures import told
from nnbuild.errors import suggestion

HELP = """Neural networks as YAML files: know everything about them, and run them.

A SPEC is a YAML file, `-` for one on standard input, or the name of a bundled spec (see `nnbuild list`). `nnbuild
help` lists the pages of the guide: the commands in full, the language of specs, and more.

\b
Examples:
  nnbuild run lenet_mnist
  nnbuild summary alexnet
  nnbuild shapes Conv2d --input 224 --kernel 11 --stride 4 --padding 2
"""


class Commands(click.Group):
    """Params: commands, the name and the short help of each; its code is the module of that name."""

    def __init__(self, commands: dict[str, str]) -> None:
        version = click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Show the version.",
        )
        super().__init__(
            "nnbuild",
            help=HELP,
            params=[version],
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        )
        self.short_helps = commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.short_helps)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.short_helps:
            return None
        command: click.Command = import_module(f"nnbuild.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        unknown = bool(args) and args[0] not in self.short_helps and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:
            hint = suggestion(args[0], self.short_helps) or f"there are {', '.join(self.short_helps)}"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.short_helps.items()))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with told():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with told():
            return super().invoke(ctx)


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from nnbuild import __version__

        click.echo(f"nnbuild {__version__}")
        ctx.exit()
