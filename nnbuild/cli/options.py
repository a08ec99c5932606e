"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from nnbuild import limits
from nnbuild.budget import spending
from nnbuild.cli import completion
from nnbuild.errors import suggestion
from nnbuild.report.texts import FORMATS
from nnbuild.words import cut, listed

Decorator = Callable[[Any], Any]

#: Axes that a tensor may have, and what each of their sizes is below.
MAX_AXES, MAX_SIZE = 64, 1 << 63


def spec_argument(**more: Any) -> Decorator:
    """SPEC, a file or a bundled spec's name."""
    return click.argument("spec", metavar="SPEC", shell_complete=completion.specs, **more)


#: Where a command keeps whether --allow-outside is given.
_OUTSIDE = "nnbuild.allow_outside"

#: Any number of specs, or folders of them.
specs_argument = click.argument("specs", metavar="SPEC...", nargs=-1, shell_complete=completion.specs)


def building(command: Any) -> Any:
    """--set, --variant and --choose: which network it is; --max-seconds and --allow-outside: what its spec may."""
    for option in (
        click.option("--max-seconds", metavar="S", type=click.FloatRange(min=0, min_open=True), default=limits.SECONDS,
                     expose_value=False, callback=_budget, is_eager=True,
                     help=f"Let the spec take S seconds to be built, traced and shown ({limits.SECONDS:g})."),
        click.option("--allow-outside", is_flag=True, expose_value=False, callback=_allow_outside,
                     help="Let the spec name files outside its folder."),
        click.option("--choose", "choices", metavar="NAME=VALUE", multiple=True, callback=argument_pairs,
                     shell_complete=completion.choices,
                     help="Set a run-time choice of the forward pass. Repeatable."),
        click.option("--variant", metavar="NAME", shell_complete=completion.variants,
                     help="Take a variant of the spec."),
        click.option("--set", "params", metavar="NAME=VALUE", multiple=True, callback=argument_pairs,
                     shell_complete=completion.params,
                     help="Set a parameter of the spec. Repeatable."),
    ):  # fmt: skip
        command = option(command)
    return command


def gathered(name: str, kind: Any, command: Any, options: list[Decorator]) -> Any:
    """The command with these options, which it is given as one value of this kind under this name."""

    @wraps(command)
    def wrapped(*args: Any, **given: Any) -> Any:
        own = {field: given.pop(field) for field in kind._fields}
        return command(*args, **given, **{name: kind(**own)})

    result: Any = wrapped
    for option in reversed(options):
        result = option(result)
    return result


shaped_inputs = click.option(
    "--input", "shapes", metavar="[NAME=]SIZES", multiple=True, callback=lambda ctx, param, values: sizes(values),
    help="Take inputs of these sizes, such as 1,3,224,224. Repeatable, with names, for several inputs.",
)  # fmt: skip

output_format = click.option(
    "--format", "format", type=click.Choice(FORMATS), help="Format of the output; rich at a terminal, plain in a pipe."
)


def _budget(ctx: click.Context, param: click.Parameter, value: float) -> None:
    """Open the budget that the whole command is held to."""
    ctx.with_resource(spending(f"nnbuild {ctx.info_name}", value))


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


def _threads(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    from nnbuild.engine.threads import most_threads

    if value is not None and value > most_threads():
        raise click.BadParameter(f"{value:,} threads are too many: {most_threads()} at most here", ctx=ctx, param=param)
    return value


threads_option = click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", callback=_threads,
    help="Use N threads; the usable cores unless said.",
)  # fmt: skip


def _bytes(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,18}(?:\.\d{1,6})?) ?([KMGT]?)(?:i?B)?", value.strip(), re.IGNORECASE)
    if found is None:
        raise click.BadParameter(f"{value!r} is not an amount of memory such as 500M or 2G", ctx=ctx, param=param)
    number, letter = found.groups()
    return int(float(number) * 1024 ** " KMGT".index(letter.upper() or " "))


max_memory_option = click.option(
    "--max-memory", metavar="BYTES", callback=_bytes,
    help="Take no more memory than this, such as 500M or 2G; what is free unless said.",
)  # fmt: skip


def argument_pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
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
        value = literal_eval(word)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    numbers = value if isinstance(value, tuple | list) else [value]
    if any(isinstance(number, int) and abs(number) >= MAX_SIZE for number in numbers):
        raise click.BadParameter(f"{cut(word, 40)!r} is larger than any size or option")
    return value


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
        if len(parts) > MAX_AXES:
            raise click.BadParameter(f"{value!r} has {len(parts):,} axes, and a tensor {MAX_AXES} at most")
        found[key] = tuple(_size(part.strip()) for part in parts)
    return found


def _size(digits: str) -> int:
    """Raises BadParameter for a size that no tensor has."""
    number = int(digits) if len(digits) <= len(str(MAX_SIZE)) else MAX_SIZE
    if number >= MAX_SIZE:
        raise click.BadParameter(f"the size {cut(digits, 40)} is larger than any tensor's")
    return number


def unknown_name(what: str, name: str, known: Any) -> str:
    """The hint for a name that is not among the known ones."""
    names = list(known)
    return suggestion(name, names) or (f"there are {listed(names)}" if names else f"it has no {what}")
