"""load: PyTorch source becomes a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch.reading import entry as entries
from nnbuild.exchange.pytorch.reading.modules import Package
from nnbuild.ops.op import recorder
from nnbuild.spec.build.stated import Spec
from nnbuild.spec.language import running
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.making import Making
from nnbuild.spec.language.notes import Notes
from nnbuild.spec.language.walking import Walking


def read(path: Path, entry: str = "", params: dict[str, Any] | None = None) -> Any:
    """The network of a file: its one class of modules, or the class, function or call that `entry` names.

    Params: params, arguments by name; a text is an expression with the file's names, or itself.
    Raises: SpecError, or a ProblemList of several.
    """
    notes = Notes()
    with spending(f"building {path}{entry and ':'}{entry}") as budget, _deep_enough(), _making(Making()):
        budget.modules = 0
        package = Package(path, lambda settle: Walking(notes, True, settle))
        return _network(package, entry, params or {}, notes)


def _network(package: Package, written: str, params: dict[str, Any], notes: Notes) -> Any:
    walking = package.walking
    with running.by(walking):
        entry = entries.find(package.main, written, walking)
        model = entry.value
        if entries.is_called(model):
            arguments = entries.given(entry, params, package.main, walking)
            model = walking.call(model, [], arguments, None, None)
        elif params:
            raise SpecError(f"{entry.name} is a network already", hint="give the arguments in its call")
    notes.finish()
    if not hasattr(model, "_modules") or isinstance(model, type):
        raise SpecError(f"{entry.name} is {describe(model)}, not a module")
    model.__dict__["spec"] = Spec(
        name=type(model).__name__,
        file=package.main.path,
        params=dict(params),
        customised=bool(params),
        foreign=True,
        remarks=tuple(notes.words),
    )
    return model


@contextmanager
def _making(recording: Making) -> Iterator[None]:
    token = recorder.set(recording)
    try:
        yield
    finally:
        recorder.reset(token)


@contextmanager
def _deep_enough() -> Iterator[None]:
    """Room for functions that call each other as deep as the language allows, each of many steps of the walk."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 8_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
