"""Where a spec states something beside its layers."""

from __future__ import annotations

from nnbuild.errors import Mark
from nnbuild.spec.build.stated import Spec
from nnbuild.spec.text.nodes import Mapping
from nnbuild.spec.text.reader import read


def mark_of(spec: Spec, *keys: str | None) -> Mark | None:
    """The place of a value in the spec's file; a key that is not there is passed over."""
    if spec.foreign:
        return None
    node = read(spec.file)
    for key in keys:
        inner = node.get(key) if key and isinstance(node, Mapping) else None
        node = inner or node
    return node.mark
