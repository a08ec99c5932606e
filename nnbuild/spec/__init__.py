"""The spec language: YAML text becomes a tree of modules.

    file ─text─▶ nodes that know their place ─build─▶ modules
                            language: evaluates expressions, runs a `forward:`; knows neither YAML nor files

`load(path_or_name)` builds a network: `library` finds the file, `document` reads what it defines, `sections` what it
states beside the layers. Imports run one way: from here to build, to text, to language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnbuild.spec.build.module import SpecModule
    from nnbuild.spec.build.stated import Input, Spec
    from nnbuild.spec.library import find
    from nnbuild.spec.loading import load

__all__ = ["Input", "Spec", "SpecModule", "find", "load"]

_HOMES = {
    "load": "loading",
    "find": "library",
    "Input": "build.stated",
    "Spec": "build.stated",
    "SpecModule": "build.module",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
