"""What a shell may complete behind an argument or option: names that the program knows, else files.

Called by the shell at every press of a key, so nothing here says a word or fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _names(known: Callable[[click.Context], Iterable[str]]) -> Completer:
    """Completes to these names; where none begins so, to files."""

    @wraps(known)
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            found = [CompletionItem(name) for name in known(ctx) if name.startswith(incomplete)]
        except Exception:  # a spec that is half written: of whatever kind
            found = []
        return found or [CompletionItem(incomplete, type="file")]

    return complete


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, behind a name where there is one: x=a.npy."""
    return [CompletionItem(incomplete.rpartition("=")[2], type="file")]


@_names
def specs(ctx: click.Context) -> Iterable[str]:
    """Bundled specs and their variants, and the specs here."""
    from nnbuild.spec import library

    return [*library.names(), *_yaml_files()]


@_names
def bundled(ctx: click.Context) -> Iterable[str]:
    """Bundled specs and their variants."""
    from nnbuild.spec import library

    return library.names()


@_names
def layers(ctx: click.Context) -> Iterable[str]:
    """Layer types."""
    from nnbuild.nn import LAYERS

    return LAYERS


@_names
def specs_and_layers(ctx: click.Context) -> Iterable[str]:
    """What `shapes` takes."""
    from nnbuild.nn import LAYERS
    from nnbuild.spec import library

    return [*LAYERS, *library.names(), *_yaml_files()]


@_names
def topics(ctx: click.Context) -> Iterable[str]:
    """Pages of the guide."""
    from nnbuild import guide

    return guide.topics()


@_names
def columns(ctx: click.Context) -> Iterable[str]:
    """Columns of a summary."""
    from nnbuild.report.columns import COLUMNS

    return COLUMNS


@_names
def peers(ctx: click.Context) -> Iterable[str]:
    """Programs that `bench` can run beside."""
    from nnbuild.bench.peers import NEEDS

    return NEEDS


@_names
def variants(ctx: click.Context) -> Iterable[str]:
    """Variants of the spec on the line."""
    from nnbuild.spec import library

    return library.variants(library.find(_spec(ctx)).path)


@_names
def params(ctx: click.Context) -> Iterable[str]:
    """Parameters of the spec on the line."""
    from nnbuild.spec.loading import stated

    return [f"{name}=" for name in stated(_spec(ctx)).params]


@_names
def choices(ctx: click.Context) -> Iterable[str]:
    """Run-time choices of the spec on the line."""
    from nnbuild.spec.loading import stated

    return [f"{name}=" for name in stated(_spec(ctx)).choose]


@_names
def paths(ctx: click.Context) -> Iterable[str]:
    """Layers of the network on the line, by path."""
    from nnbuild.exchange.networks import load

    given: dict[str, Any] = {"params": ctx.params.get("params") or {}, "variant": ctx.params.get("variant")}
    return [path for path, _ in load(_spec(ctx), weights=False, **given).named_modules() if path]


def _spec(ctx: click.Context) -> str:
    """The spec that stands on the line."""
    given = ctx.params.get("spec") or ctx.params.get("specs") or ctx.params.get("name")
    words = [given] if isinstance(given, str) else [*(given or ()), *ctx.args]  # args: while an option has no value yet
    return words[0] if words else ""


def _yaml_files() -> list[str]:
    return sorted(path.name for path in Path().iterdir() if path.suffix in (".yaml", ".yml", ".onnx"))
