"""Namespaces of functions in a forward: `torch.linalg.norm(x)`, `fft.rfft2(x)`, `nn.utils.rnn.pad_sequence(xs)`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nnbuild.ops.namespaces import NAMESPACES as _OPS_NAMESPACES

#: Those of ops. A tensor may be called like one of them too.
OF_OPS = _OPS_NAMESPACES

#: Other namespaces: where their functions are, and which are known.
_FUNCTIONS = {
    "rnn": (
        "nnbuild.nn.sequences",
        "PackedSequence pack_padded_sequence pad_packed_sequence pad_sequence pack_sequence unpad_sequence"
        " unpack_sequence",
    ),
    "einops": ("nnbuild.ops.einops", "rearrange reduce repeat einsum pack unpack parse_shape"),
}
_HOMES = {prefix: (module, tuple(names.split())) for prefix, (module, names) in _FUNCTIONS.items()}

NAMESPACES = (*OF_OPS, *_HOMES)

#: Their names, which are known without a prefix too, and the namespace of each.
BARE = {name: prefix for prefix, (_, known) in _HOMES.items() for name in known}


def knows(prefix: str, name: str) -> bool:
    """Whether the namespace has a function of this name."""
    from nnbuild import ops

    return name in _HOMES[prefix][1] if prefix in _HOMES else f"{prefix}_{name}" in ops.OPS


def find(prefix: str, name: str, missing: Any) -> Any:
    """The namespace's function of this name."""
    from nnbuild import ops

    if not knows(prefix, name):
        return missing
    if prefix in _HOMES:
        return getattr(import_module(_HOMES[prefix][0]), name)
    return getattr(ops, f"{prefix}_{name}")


def bare(name: str) -> Any:
    """The function of this name, written without its namespace; one that is an op too is told by its pattern."""
    from nnbuild import ops

    function = find(BARE[name], name, None)
    if name not in ops.OPS:
        return function
    op = getattr(ops, name)

    def either(*args: Any, **options: Any) -> Any:
        of_pattern = any(isinstance(arg, str) for arg in args[1:]) or "pattern" in options
        return (function if of_pattern else op)(*args, **options)

    either.__name__ = name
    return either


def names(prefix: str) -> list[str]:
    """What the namespace has."""
    from nnbuild import ops

    return list(_HOMES[prefix][1]) if prefix in _HOMES else dir(getattr(ops, prefix))
