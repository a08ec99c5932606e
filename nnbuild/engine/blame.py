"""Who is to blame for what goes wrong in a plan: the layer whose ops a step stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nnbuild.errors import PYTHONS_WORDS, NnbuildError, ShapeError
from nnbuild.graph.graph import Node


@contextmanager
def blaming(nodes: Sequence[Node]) -> Iterator[None]:
    """Context: what fails inside is an error of the layer of these nodes."""
    node = nodes[0]
    try:
        yield
    except NnbuildError as error:
        raise error.locate(path=node.path, mark=node.call.mark) from None
    except PYTHONS_WORDS as error:
        problem = ShapeError(f"{node.op.name} cannot be computed: {error}")
        raise problem.locate(path=node.path, mark=node.call.mark) from None
