"""How the layers of a container are written in a spec: by name or by number, one by one or in loops."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Items

from nnbuild.spec.build.entries import _is_control
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence

#: Whether a key is a layer type.
_IsType = Callable[[Scalar], bool]


def is_named(kind: str, node: Node, is_type: _IsType) -> bool:
    """Whether the layers of a container have names of their own."""
    if kind == "ModuleList":
        return False
    if isinstance(node, Mapping):
        return kind == "ModuleDict" or not all(
            is_loop(key) and not is_named(kind, value, is_type) for key, value in node.entries
        )
    if not isinstance(node, Sequence):
        return False
    return any(
        isinstance(item, Mapping) and len(item.entries) == 1 and _names(*item.entries[0], kind, is_type)
        for item in node.items
    )


def is_loop(key: Scalar) -> bool:
    """Whether the key is `for`, `if` or `let`, and no name."""
    return _is_control(key) or key.text == "let"


def _names(key: Scalar, value: Node, kind: str, is_type: _IsType) -> bool:
    """Whether `key: value` in a list names a layer, or has such below it."""
    if _is_control(key):
        return is_named(kind, value, is_type)
    return key.text != "let" and not is_type(key)


def static_pairs(node: Node) -> Items[tuple[str, Node]]:
    """The layers with their names, or their numbers."""
    if isinstance(node, Mapping):
        return [(key.text, value) for key, value in node.entries]
    assert isinstance(node, Sequence)
    return [(str(index), item) for index, item in enumerate(node.items)]


def static_names(node: Node) -> list[str]:
    """The names that stand there as they are."""
    if not isinstance(node, Mapping):
        return []
    return [key.text for key, _ in node.entries if not is_loop(key) and "{" not in key.text]
