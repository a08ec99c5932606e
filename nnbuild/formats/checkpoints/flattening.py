"""From what a checkpoint holds, nested as it may be, to its tensors by dotted name, in torch's order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.arrays import StoredArray
from nnbuild.formats.checkpoints.records import Instance
from nnbuild.formats.checkpoints.tensors import Tensor, Unreadable
from nnbuild.formats.tensors import FileTensor

#: What is no tensor and holds none.
_LEAVES = (str, bytes, int, float, type(None))

_MAX_DEPTH = 100
_MAX_KEY = 1_000
_MAX_TENSORS = 250_000
_MAX_LETTERS = 1 << 27

#: The name of a tensor that is all of the file.
ALONE = "data"


def flattened(root: Any, path: Path, scripts: Mapping[str, list[str]] | None = None) -> dict[str, FileTensor]:
    """The tensors in a nest of dicts, lists and modules: `state_dict.conv1.weight`. What is none is left out.

    Params: scripts, the names of the state that classes of TorchScript have. Raises: InputError for a tensor that its
    storage cannot hold, and for a nest that is none.
    """
    walk = _Walk(path, scripts or {})
    walk.below("", root, 0)
    return walk.found


class _Walk:
    """One way through a nest, which may hold its parts several times, and itself."""

    def __init__(self, path: Path, scripts: Mapping[str, list[str]]) -> None:
        self.found: dict[str, FileTensor] = {}
        self._path = path
        self._scripts = scripts
        self._letters = 0
        self._above: set[int] = set()
        self._empty: set[int] = set()

    def below(self, name: str, value: Any, depth: int) -> None:
        """Find what is in a value of this name."""
        value = value.value if isinstance(value, StoredArray) else value
        if isinstance(value, (Tensor, Unreadable)):
            self._keep(name or ALONE, value)
            return
        parts = None if id(value) in self._above or id(value) in self._empty else self._parts(value)
        if parts is None:
            return
        if depth > _MAX_DEPTH:
            raise InputError(f"{self._path} is nested deeper than {_MAX_DEPTH} levels, at {name[:60]}...")
        self._above.add(id(value))
        before = len(self.found)
        for key, part in parts:
            if not isinstance(part, _LEAVES):
                self.below(f"{name}.{self._text(key)}" if name else self._text(key), part, depth + 1)
        self._above.discard(id(value))
        if len(self.found) == before:
            self._empty.add(id(value))

    def _parts(self, value: Any) -> list[tuple[Any, Any]] | None:
        """The named parts of a dict, a list or an object; None for anything else."""
        if isinstance(value, Instance):
            names = self._scripts.get(value.kind)
            return _of_object(value) if names is None else _of_script(value, names)
        if isinstance(value, dict):
            return _named(value)
        return list(enumerate(value)) if isinstance(value, (list, tuple)) else None

    def _text(self, key: Any) -> str:
        text = key.decode("latin-1") if isinstance(key, bytes) else str(key)
        if len(text) > _MAX_KEY:
            raise InputError(f"{self._path} has a name of {len(text):,} letters: {text[:40]}...")
        return text

    def _keep(self, name: str, tensor: Tensor | Unreadable) -> None:
        damage = tensor.damage()
        if damage:
            raise InputError(f"{self._path} is damaged: the tensor {name} {damage}")
        self.found[name] = tensor.of_file()
        self._letters += len(name)
        if len(self.found) > _MAX_TENSORS or self._letters > _MAX_LETTERS:
            raise InputError(f"{self._path} names more than {len(self.found) - 1:,} tensors")


def _named(values: Any) -> list[tuple[Any, Any]]:
    """What is in a dict by names; nothing of what is no dict."""
    if not isinstance(values, dict):
        return []
    return [(key, part) for key, part in values.items() if isinstance(key, (str, bytes, int))]


def _attributes(value: Instance) -> dict[Any, Any]:
    state = value.state[0] if isinstance(value.state, tuple) and value.state else value.state
    return state if isinstance(state, dict) else {}


def _of_object(value: Instance) -> list[tuple[Any, Any]]:
    attributes = _attributes(value)
    if isinstance(attributes.get("_parameters"), dict) and isinstance(attributes.get("_modules"), dict):
        return _of_module(attributes)
    return [*_named(attributes), *_named(value.items)]


def _of_module(attributes: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """What state_dict has of a module."""
    left_out = attributes.get("_non_persistent_buffers_set")
    left_out = left_out if isinstance(left_out, list) else []
    buffers = [part for part in _named(attributes.get("_buffers")) if part[0] not in left_out]
    return [*_named(attributes["_parameters"]), *buffers, *_named(attributes["_modules"])]


def _of_script(value: Instance, names: list[str]) -> list[tuple[Any, Any]]:
    """What state_dict has of a module of TorchScript with these parameters and buffers."""
    attributes = _attributes(value)
    modules = [part for part in _named(attributes) if isinstance(part[1], Instance)]
    return [*((name, attributes[name]) for name in names if name in attributes), *modules]
