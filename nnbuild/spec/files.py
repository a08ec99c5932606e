"""The files beside a spec that it names: weights, example, labels.

They are read off the text, so that no other mistake hides that one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.text.nodes import Mapping, Node, Scalar
from nnbuild.spec.text.reader import read


def missing_files(path: Path) -> list[NnbuildError]:
    """A problem for each file that the spec names and that is not there, at its line."""
    try:
        root = read(path)
    except NnbuildError:
        return []
    return [
        SpecError(f"the {what} file {node.text.strip()} is missing", mark=node.mark, hint=_HINTS[what])
        for what, node in _named(root)
        if not (path.parent / node.text.strip()).is_file()
    ]


_HINTS = {
    "weights": "put it beside the spec, or remove the line to draw the weights",
    "example": "put it beside the spec, or remove the line",
    "labels": "put it beside the spec, or write the names as a list",
}


def _named(root: Node) -> Iterator[tuple[str, Scalar]]:
    """The nodes that are names of files, each with its section."""
    for what in _HINTS:
        node = root.get(what) if isinstance(root, Mapping) else None
        nodes = [value for _, value in node.entries] if isinstance(node, Mapping) and what == "example" else [node]
        yield from ((what, item) for item in nodes if isinstance(item, Scalar) and _is_beside(item.text.strip()))


def _is_beside(name: str) -> bool:
    """Whether the name is one that the sections take; they say what is wrong with another."""
    return bool(name) and not Path(name).is_absolute() and not any(mark in name for mark in ":\\\0")
