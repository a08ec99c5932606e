"""load: PyTorch source becomes a network."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch.reading import entry as entries
from nnbuild.exchange.pytorch.reading.modules import Package
from nnbuild.nn import random
from nnbuild.ops.op import recorder
from nnbuild.spec.build.stated import Spec
from nnbuild.spec.language import running
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.making import Making
from nnbuild.spec.language.walking import Notes, Walking

_NAMED = re.compile(r"(.*?\.py)(?::(.*))?", re.DOTALL)


def load(name: str, params: dict[str, Any], seed: int = 0) -> Any:
    """The network of `FILE.py`, `FILE.py:NAME` or `FILE.py:NAME(...)`. Raises SpecError, or a ProblemList."""
    found = _NAMED.fullmatch(name)
    path = Path(found[1] if found else name)
    written = (found[2] if found else None) or ""
    if not path.is_file():
        raise SpecError(f"there is no file {path}")
    notes = Notes()
    random.manual_seed(seed)
    with spending(f"building {name}"), _deep_enough(), _making(Making()):
        package = Package(path, lambda settle: Walking(notes, True, settle))
        return _network(package, written, params, notes)


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
        name=type(model).__name__, file=package.main.path, params={**params}, customised=bool(params)
    )
    model.__dict__["source_notes"] = tuple(notes.words)
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
