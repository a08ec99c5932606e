"""Which stages on large images are joined to chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from nnbuild.engine.choice import cheapest, fitting
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.sliding.strip_chain import Link, StripChain
from nnbuild.graph.graph import Value

#: Bytes of input and output from which on a stage is taken into a chain.
_LARGE = 256 << 20


def chained(stages: list[Stage], results: Sequence[Any]) -> list[Stage]:
    """The stages with those on large images joined to chains. Params: results, what the model returns."""
    uses = Counter(value for stage in stages for value in stage.reads)
    uses.update(value for value in results if isinstance(value, Value))
    found: list[Stage] = []
    rest = list(stages)
    while rest:
        links: list[Link] = []
        for stage in rest:
            link = _link(stage)
            if link is None or (links and not _follows(stage, links[-1].stage, uses)):
                break
            links.append(link)
        chain = _best(links)
        found.append(chain or rest[0])
        del rest[: len(chain.links) if chain else 1]
    return found


def _best(links: list[Link]) -> StripChain | None:
    """The chain of the first links that leaves the least behind."""
    chains = (StripChain.of(links[:count]) for count in range(len(links), 1, -1))
    return min((chain for chain in chains if chain), key=lambda chain: chain.output.nbytes, default=None)


def _link(stage: Stage) -> Link | None:
    """The stage as part of a chain: images that are large, and a form that can do some rows of them."""
    source, output = stage.input, stage.output
    if output.ndim < 4 or source.ndim != output.ndim or source.nbytes + output.nbytes <= _LARGE or not stage.is_float:
        return None
    if any(finish.value is not None for finish in stage.finishes):
        return None
    forms = fitting(stage)
    slides = cheapest(forms, stage).slides(stage)
    if slides is None:
        return None
    first, last = slides[0], output.shape[2] - 1
    begins_inside = first.before < first.extent and last * first.stride - first.before < source.shape[2]
    return Link(stage, forms, tuple(slides)) if begins_inside else None


def _follows(stage: Stage, before: Stage, uses: Counter[Value]) -> bool:
    return stage.input is before.output and uses[stage.input] == 1
