"""The files beside a spec that it names: weights, example, labels.

They are read off the text, so that no other mistake hides that one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.folder import Folder, is_there
from nnbuild.spec.text.nodes import Mapping, Node, Scalar
from nnbuild.spec.text.reader import read


def missing_files(path: Path, allow_outside: bool = False) -> list[NnbuildError]:
    """A problem for each file that the spec names and that is not there, at its line."""
    try:
        root = read(path)
    except NnbuildError:
        return []
    folder = Folder(path.parent, allow_outside)
    return [
        SpecError(f"the {what} file {node.text.strip()} is missing", mark=node.mark, hint=_HINTS[what])
        for what, node in _named(root)
        if _is_missing(node.text.strip(), folder)
    ]


def _is_missing(name: str, folder: Folder) -> bool:
    """Whether there is no file of a name that the sections take; they say what is wrong with another."""
    try:
        return bool(name) and not is_there(folder.file(name, "it"))
    except SpecError:
        return False


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
        yield from ((what, item) for item in nodes if isinstance(item, Scalar))
