"""`nnbuild check`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnbuild.budget import current, spending
from nnbuild.cli.network import Shapes
from nnbuild.cli.options import building, output_format, outside_allowed, shaped_inputs, specs_argument
from nnbuild.cli.output import emit, warn, warn_of
from nnbuild.limits import MAX_VARIANTS

if TYPE_CHECKING:
    from nnbuild.report.check import Verdict


@click.command("check")
@specs_argument
@click.option("--all", "everything", is_flag=True, help="Check every bundled spec with all its variants.")
@click.option("--strict", is_flag=True, help="Take warnings for problems.")
@shaped_inputs
@building
@output_format
@click.pass_context
def command(
    ctx: click.Context,
    specs: tuple[str, ...],
    everything: bool,
    strict: bool,
    shapes: Shapes,
    params: dict[str, Any],
    variant: str | None,
    choices: dict[str, Any],
    format: str | None,
) -> None:
    """Check specs, and the facts that they state.

    Builds each network with all its variants, runs it on shapes with all its choices, looks for the files that it
    names, and holds it to its `expect:`. A folder stands for the specs in it and below. All problems are shown, each
    with its place; then what is odd but may be meant, as warnings. The exit status is 1 if there are problems.

    \b
    Examples:
      nnbuild check lenet.yaml
      nnbuild check specs --strict
      nnbuild check net.yaml --set classes=100 --choose act=prelu
      nnbuild check model.py:Net --input 1,3,224,224
      nnbuild check --all
    """
    from nnbuild.report.check import verdicts

    if bool(specs) == everything:
        raise click.UsageError("give the specs to check, or --all" if not specs else "give specs or --all, not both")
    if everything and (params or variant or choices):
        raise click.UsageError("--set, --variant and --choose are of one network, and --all is many")
    found = []
    for name, pairs in groupby(_bundled() if everything else _asked(specs, variant), key=itemgetter(0)):
        for verdict in _checked(name, [which for _, which in pairs], params, choices, list(shapes.values())):
            verdict = verdict.strict() if strict else verdict
            found.append(verdict)
            for problem in verdict.problems:
                warn_of(problem, "error", gap=True)
            for warning in verdict.warnings:
                warn_of(warning, "warning", gap=True)
    emit(verdicts(found), format)
    if any(verdict.problems for verdict in found):
        ctx.exit(1)


def _checked(
    name: str,
    variants: list[str | None],
    params: dict[str, Any],
    choices: dict[str, Any],
    shapes: list[tuple[int, ...]],
) -> Iterator[Verdict]:
    """The verdict on each variant of a file, as far as the file's budget goes: its steps are for all of them."""
    from nnbuild.report.check import check, uncheckable

    with spending(f"the check of {name}", current().seconds) as left:
        for place, variant in enumerate(variants):
            left.restart()
            rest = len(variants) - place
            if place == MAX_VARIANTS or left.spent:
                yield uncheckable(name, rest, "the steps are used up" if left.spent else f"{MAX_VARIANTS} are checked")
                return
            yield check(name, variant, params, choices, outside_allowed(), shapes)


def _asked(specs: tuple[str, ...], variant: str | None) -> Iterator[tuple[str, str | None]]:
    """Each spec, and each of its variants unless one is named."""
    from nnbuild.errors import NnbuildError
    from nnbuild.exchange.networks import is_foreign
    from nnbuild.spec import library

    for name in (each for spec in specs for each in _unfolded(spec)):
        yield name, variant
        try:
            if is_foreign(name):
                continue
            place = library.find(name)
            variants = [] if place.variant or variant else library.variants(place.path)
        except (NnbuildError, OSError):
            continue  # the check has said it
        for each in variants:
            yield name, each


def _unfolded(name: str) -> list[str]:
    """The specs that a name stands for: those below it where it is a folder."""
    from nnbuild.errors import InputError
    from nnbuild.spec import library

    folder = Path(name)
    if not folder.is_dir() or library.bundled(name):
        return [name]
    paths, others, elsewhere = library.specs_below(folder, outside_allowed())
    if elsewhere:
        links = f"{elsewhere} links" if elsewhere > 1 else "a link"
        warn(f"note: {links} to YAML outside {name}: passed over, unless --allow-outside is given")
    if others:
        files = f"{others} YAML files" if others > 1 else "a YAML file"
        warn(f"note: {files} without layers and without a forward in {name}: passed over")
    if not paths:
        raise InputError(f"there is no spec in {name} or below", hint="a spec is a .yaml file with layers:")
    return [str(path) for path in paths]


def _bundled() -> Iterator[tuple[str, str | None]]:
    """Every bundled network: the specs without variants, and the variants of the others."""
    from nnbuild.report.catalogue import catalogue

    for entry in catalogue():
        yield entry.spec, entry.name if entry.name != entry.spec else None
