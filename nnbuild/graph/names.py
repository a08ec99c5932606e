"""What the results of a network are called: each tensor by a name of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from nnbuild.ops.nests import is_tensor

#: What a result is called that has no name.
OUTPUT = "output"


def result_names(result: Any) -> list[str]:
    """A name for each tensor of a network's result: its keys and indices."""
    return distinct(_names(result, OUTPUT, outermost=True))


def layer_names(path: str, output: Any, taken: Collection[str]) -> list[str]:
    """A name for each tensor that a layer gives: its path, and the keys and indices. Params: taken, by others."""
    return distinct(_names(output, f"{path}@layer" if path in taken else path, outermost=False), taken)


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names, with a number behind those that are taken already: x, x@2, x@3."""
    known, found, counts = set(taken), [], dict[str, int]()
    for name in names:
        each = name
        while each in known:
            counts[name] = counts.get(name, 1) + 1
            each = f"{name}@{counts[name]}"
        known.add(each)
        found.append(each)
    return found


def _names(result: Any, name: str, outermost: bool) -> Iterator[str]:
    if is_tensor(result):
        yield name
    elif isinstance(result, dict):
        for key, value in result.items():
            yield from _names(value, str(key) if outermost else f"{name}.{key}", outermost=False)
    elif isinstance(result, list | tuple):
        for index, value in enumerate(result):
            several = len(result) > 1
            yield from _names(value, f"{name}.{index}" if several else name, outermost and not several)
