"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from nnbuild.cli import completion
from nnbuild.errors import suggestion
from nnbuild.report.texts import FORMATS
from nnbuild.words import listed

Decorator = Callable[[Any], Any]


def spec_argument(**more: Any) -> Decorator:
    """SPEC, a file or a bundled spec's name."""
    return click.argument("spec", metavar="SPEC", shell_complete=completion.specs, **more)


#: Where a command keeps whether --allow-outside is given.
_OUTSIDE = "nnbuild.allow_outside"

#: Any number of specs, or folders of them.
specs_argument = click.argument("specs", metavar="SPEC...", nargs=-1, shell_complete=completion.specs)


def building(command: Any) -> Any:
    """--set, --variant and --choose: which network of the spec it is; --allow-outside: where its files may be."""
    for option in (
        click.option("--allow-outside", is_flag=True, expose_value=False, callback=_allow_outside,
                     help="Let the spec name files outside its folder."),
        click.option("--choose", "choices", metavar="NAME=VALUE", multiple=True, callback=_pairs,
                     shell_complete=completion.choices,
                     help="Set a run-time choice of the forward pass. Repeatable."),
        click.option("--variant", metavar="NAME", shell_complete=completion.variants,
                     help="Take a variant of the spec."),
        click.option("--set", "params", metavar="NAME=VALUE", multiple=True, callback=_pairs,
                     shell_complete=completion.params,
                     help="Set a parameter of the spec. Repeatable."),
    ):  # fmt: skip
        command = option(command)
    return command


shaped_inputs = click.option(
    "--input", "shapes", metavar="[NAME=]SIZES", multiple=True, callback=lambda ctx, param, values: sizes(values),
    help="Take inputs of these sizes, such as 1,3,224,224. Repeatable, with names, for several inputs.",
)  # fmt: skip

output_format = click.option(
    "--format", "format", type=click.Choice(FORMATS), help="Format of the output; rich at a terminal, plain in a pipe."
)


weights_key = click.option(
    "--weights-key", "key", metavar="KEY",
    help="Take the part of the file of weights under this name, such as state_dict.",
)  # fmt: skip


def _allow_outside(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[_OUTSIDE] = value


def outside_allowed() -> bool:
    """Whether the command that runs lets specs name files outside their folders."""
    ctx = click.get_current_context(silent=True)
    return bool(ctx and ctx.meta.get(_OUTSIDE))


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", ctx=ctx, param=param)
        pairs[name] = text
    return pairs


def parsed(text: str) -> Any:
    """A value from the command line: a number, true, false, none, a list of those, or text."""
    from ast import literal_eval

    word = text.strip()
    words = {"true": True, "false": False, "none": None, "null": None}
    if word.lower() in words:
        return words[word.lower()]
    try:
        return literal_eval(word)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def sizes(values: tuple[str, ...]) -> dict[str | None, tuple[int, ...]]:
    """'x=1,3,224,224' as {"x": (1, 3, 224, 224)}; without a name under None."""
    found: dict[str | None, tuple[int, ...]] = {}
    for value in values:
        name, equals, text = value.rpartition("=")
        key = name if equals else None
        if key in found:
            which = f"input {name}" if key else "the input without a name"
            raise click.BadParameter(f"{value!r}: {which} is given twice")
        parts = text.strip("()[] ").rstrip(",").replace("x", ",").split(",")
        if not all(part.strip().isdecimal() for part in parts):
            raise click.BadParameter(f"{value!r} is not sizes such as 1,3,224,224")
        found[key] = tuple(int(part) for part in parts)
    return found


def unknown_name(what: str, name: str, known: Any) -> str:
    """The hint for a name that is not among the known ones."""
    names = list(known)
    return suggestion(name, names) or (f"there are {listed(names)}" if names else f"it has no {what}")
