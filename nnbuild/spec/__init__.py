"""The spec language: YAML text becomes a tree of modules.

`load(path_or_name)` builds a network. `reader` gives nodes that know their place, `values` and `expressions` what they
stand for, `program` runs a `forward:`, `blocks` and `document` hold what is defined, `builder` makes the layers.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Input", "Spec", "SpecModule", "find", "load"]

_HOMES = {"load": "loading", "find": "library", "Input": "model", "Spec": "model", "SpecModule": "model"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
