"""Free axes of an input: `T=20` in a shape, an axis of any size with the size that a trace takes."""

from __future__ import annotations

import re
from typing import NamedTuple

from nnbuild.spec.text.nodes import Node, Scalar

_DECLARED = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)\s*(?=\S)")


class FreeAxis(NamedTuple):
    """Params: default, the node of its size."""

    name: str
    default: Scalar


def free_axis(node: Node) -> FreeAxis | None:
    """The free axis that an item of a shape declares, if it does."""
    if not isinstance(node, Scalar) or node.quoted:
        return None
    found = _DECLARED.match(node.text)
    if found is None:
        return None
    start = node.start + found.end()
    return FreeAxis(found[1], Scalar(node.document, start, node.end, node.text[found.end() :], "", node.in_flow))
