"""torch's namespaces of ops, in a forward: `torch.linalg.norm(...)`, `fft.rfft2(...)`."""

from __future__ import annotations

from typing import Any

from nnbuild.ops.namespaces import NAMESPACES as NAMESPACES


def knows(prefix: str, name: str) -> bool:
    """Whether the namespace has an op of this name."""
    from nnbuild import ops

    return f"{prefix}_{name}" in ops.OPS


def find(prefix: str, name: str, missing: Any) -> Any:
    """The namespace's op of this name."""
    from nnbuild import ops

    return getattr(ops, f"{prefix}_{name}") if knows(prefix, name) else missing


def names(prefix: str) -> list[str]:
    """What the namespace has."""
    from nnbuild import ops

    return dir(getattr(ops, prefix))
