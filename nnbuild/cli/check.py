"""`nnbuild check`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from nnbuild.cli.options import output_format
from nnbuild.cli.output import emit, warn


@click.command("check")
@click.argument("specs", metavar="SPEC...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Check every bundled spec with all its variants.")
@output_format
@click.pass_context
def command(ctx: click.Context, specs: tuple[str, ...], everything: bool, format: str | None) -> None:
    """Check specs, and the facts that they state.

    Builds each network with all its variants, runs it on shapes, looks for the files that it names, and holds it to
    its `expect:`. All problems are shown, each with its place. The exit status is 1 if there are any.

    \b
    Examples:
      nnbuild check lenet.yaml
      nnbuild check specs/*.yaml
      nnbuild check --all
    """
    from nnbuild.report.check import check, verdicts

    if bool(specs) == everything:
        raise click.UsageError("give the specs to check, or --all" if not specs else "give specs or --all, not both")
    found = []
    for name, variant in _bundled() if everything else _asked(specs):
        verdict = check(name, variant)
        found.append(verdict)
        for problem in verdict.problems:
            warn(problem.render() + "\n")
    emit(verdicts(found), format)
    if any(verdict.problems for verdict in found):
        ctx.exit(1)


def _asked(specs: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Each spec, and each of its variants unless it is named by one."""
    from nnbuild.errors import NnbuildError
    from nnbuild.spec import library

    for name in specs:
        yield name, None
        try:
            place = library.find(name)
            variants = [] if place.variant else library.variants(place.path)
        except (NnbuildError, OSError):
            continue  # the check has said it
        for variant in variants:
            yield name, variant


def _bundled() -> Iterator[tuple[str, str | None]]:
    """Every bundled network: the specs without variants, and the variants of the others."""
    from nnbuild.report.catalogue import catalogue

    for entry in catalogue():
        yield entry.spec, entry.name if entry.name != entry.spec else None
