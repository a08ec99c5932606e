"""`nnbuild help`."""

from __future__ import annotations

import click

from nnbuild.cli import completion
from nnbuild.cli.output import emit, emit_page


@click.command("help")
@click.argument("topic", metavar="[TOPIC]", required=False, shell_complete=completion.topics)
def command(topic: str | None) -> None:
    """List the pages of the guide, or show one.

    A page is drawn at a terminal, and is Markdown in a pipe.

    \b
    Examples:
      nnbuild help
      nnbuild help language
    """
    if topic:
        emit_page(_page(topic))
    else:
        from nnbuild.report.topics import topics

        emit(topics(), None)


def _page(topic: str) -> str:
    from nnbuild import guide
    from nnbuild.cli import COMMANDS
    from nnbuild.errors import InputError

    try:
        return guide.page(topic)
    except InputError as error:
        if topic in COMMANDS:
            error.hint = f"the command's own help is `nnbuild {topic} --help`"
        raise
