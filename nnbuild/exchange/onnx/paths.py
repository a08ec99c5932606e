"""Where in the tree of modules a node belongs: by its exporter's metadata, its name, or the names of its weights."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nnbuild.exchange.onnx.node import OnnxNode

Path = tuple[str, ...]

#: What the names of a layer's weights end with.
_WEIGHTS = frozenset(
    ("weight", "bias", "running_mean", "running_var", "num_batches_tracked", "in_proj_weight", "in_proj_bias")
)


class Scope(NamedTuple):
    """A path, and the class names of the modules on it where they are known."""

    path: Path
    classes: tuple[str, ...] = ()


def scope_of(node: OnnxNode, own: bool) -> Scope:
    """The path of the module that the node stands in; the root where nothing says it.

    Params: own, whether nnbuild wrote the file: a node is called as its module, with `/` and the operator behind it
    where the module has several.
    """
    if own:
        return Scope(tuple(part for part in node.name.partition("/")[0].split(".") if part))
    return _of_metadata(node) or _of_name(node.name)


def _of_metadata(node: OnnxNode) -> Scope | None:
    """As PyTorch's newer exporter writes it: the dotted path of each module around the node, and its class."""
    facts = {entry.key: entry.value for entry in node.proto.metadata_props}
    try:
        names = ast.literal_eval(facts["pkg.torch.onnx.name_scopes"])
        classes = ast.literal_eval(facts["pkg.torch.onnx.class_hierarchy"])
    except (KeyError, ValueError, SyntaxError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) < 2:
        return None
    dotted = names[-2]
    path = tuple(part for part in dotted.split(".") if part)
    known = dict(zip(names, classes, strict=False)) if isinstance(classes, list) else {}
    kinds = [str(known.get(".".join(path[: at + 1]), "")).rpartition(".")[2] for at in range(len(path))]
    return Scope(path, tuple(kinds))


def _of_name(name: str) -> Scope:
    """As PyTorch's older exporter writes it: `/features/features.0/Conv`."""
    if not name.startswith("/"):
        return Scope(())
    path: list[str] = []
    last = ""
    for part in name.split("/")[1:-1]:
        own = part.removeprefix(last + ".") if last else part
        path += [piece for piece in own.split(".") if piece]
        last = part
    return Scope(tuple(path))


def path_of_weight(name: str) -> Path | None:
    """The path of the layer that a weight of this name is of: `features.0.weight`."""
    path, dot, last = name.rpartition(".")
    if not dot or not (last in _WEIGHTS or last.startswith(("weight_", "bias_"))) or not path:
        return None
    parts = tuple(path.split("."))
    return parts if all(parts) else None


def common(first: Path, second: Path) -> Path:
    """How both begin."""
    shared = 0
    while shared < min(len(first), len(second)) and first[shared] == second[shared]:
        shared += 1
    return first[:shared]


def between(paths: Sequence[Path | None]) -> list[Path]:
    """The paths, those that are not known put where their neighbours both are."""
    found: list[Path] = []
    later: list[Path | None] = [None] * len(paths)
    following: Path | None = None
    for at in reversed(range(len(paths))):
        following = paths[at] if paths[at] is not None else following
        later[at] = following
    before: Path = ()
    for path, after in zip(paths, later, strict=True):
        if path is not None:
            before = path
            found.append(path)
        else:
            found.append(common(before[:-1], after[:-1]) if after is not None else ())
    return found


def plain(name: str) -> str:
    """A name that can be an attribute's: of letters, digits and underscores."""
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name).strip("_") or "tensor"


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, with a number behind where it is taken."""
    known = set(taken)
    if name not in known:
        return name
    count = 1
    while f"{name}_{count}" in known:
        count += 1
    return f"{name}_{count}"
