"""Arrangement: the layout of a graph's values, from what the forms of its stages ask for."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from math import prod

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.graph.graph import Value

#: Cats that begin with the same part and are looked at for each of them.
_LATER_CATS = 200

#: The stages in order, each with the form that is to do it.
Chosen = Sequence[tuple[Stage, Form]]


def arranged(chosen: Chosen, inputs: Iterable[Value], fixed: set[Value]) -> Layout:
    """The layout. Params: inputs, of the graph; fixed, inputs and outputs that are not kept in the plan's memory."""
    layout = Layout()
    _place_channels(layout, chosen)
    _place_parts(layout, chosen, fixed, fixed.union(inputs))
    for stage, form in chosen:
        if form.is_view(stage) and _may_be_view(layout, stage, fixed):
            layout.views[stage.output] = stage.input
    return layout


def _place_channels(layout: Layout, chosen: Chosen) -> None:
    last = layout.last
    for stage, form in chosen:
        if form.needs_channels_last(stage):
            last.update((stage.input, stage.output))
    for stage, form in chosen:
        followed = form.follows(stage)
        if followed and last.issuperset(followed):
            last.add(stage.output)
    for stage, form in reversed(chosen):
        if stage.output in last:
            last.update(form.parts(stage))


def _place_parts(layout: Layout, chosen: Chosen, fixed: set[Value], apart: set[Value]) -> None:
    """The later and larger first: a cat that begins another one is part of it. Inputs are written before all."""
    joins = [(stage.output, parts) for stage, form in chosen if (parts := form.parts(stage))]
    joins = [join for join in joins if join[0] in layout.last]
    later: dict[Value, list[tuple[Value, Sequence[Value]]]] = {}  # by the first part, the last cat first
    for output, parts in reversed(joins):
        alike = later.setdefault(parts[0], [])
        alike.append((output, parts))
        if output not in fixed and output not in layout.inside:
            larger = _begun(parts, alike)
            if larger is not None:
                layout.inside[output] = (larger, 0)
                continue
        offset = 0
        for part in parts:
            if part not in layout.inside and part not in apart and part is not output:
                layout.inside[part] = (output, offset)
            offset += part.shape[1]


def _begun(parts: Sequence[Value], later: Sequence[tuple[Value, Sequence[Value]]]) -> Value | None:
    """The last of the later cats that begins with the same parts and has more; of very many the last ones count."""
    for output, others in later[:_LATER_CATS]:
        if len(others) > len(parts) and all(map(operator.is_, parts, others)):
            return output
    return None


def _may_be_view(layout: Layout, stage: Stage, fixed: set[Value]) -> bool:
    source, output = stage.input, stage.output
    if output in layout.last or output in fixed or source in fixed or source in layout.inside:
        return False
    return source not in layout.last or prod(source.shape[2:]) == 1
