"""Which tensor of a file is which of a network: the part of the file that fits, and what of it does not.

file ─open_weights─▶ tensors by name ─fit─▶ the part that is this network ─loading─▶ its parameters and buffers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnbuild.spec.weights.loading import load_weights

__all__ = ["load_weights"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from nnbuild.spec.weights import loading

        return getattr(loading, name)
