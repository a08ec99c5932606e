"""Which form does a stage: the cheapest of those that fit it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnbuild.engine.forms.form import Form
from nnbuild.engine.forms.listing import FORMS
from nnbuild.engine.rewrite.stage import Stage


def fitting(stage: Stage) -> list[Form]:
    """The forms that fit the stage."""
    return [form for form in FORMS if form.fits(stage)]


def ranked(stage: Stage) -> list[Form]:
    """The forms that fit the stage, the cheapest first and the plain op last."""
    return sorted(fitting(stage), key=lambda form: form.cost(stage))


def cheapest(forms: Sequence[Form], stage: Stage) -> Form:
    """The first of these that costs least."""
    return min(forms, key=lambda form: form.cost(stage))


class _Saving:
    """What a stage saves as a lean one: bytes of weights, and the nanoseconds that it then costs more."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        forms = fitting(stage)
        lean = replace(stage, lean=True)
        wide, narrow = cheapest(forms, stage), cheapest(forms, lean)
        self.least = narrow.prepared(lean)
        self.bytes = wide.prepared(stage) - self.least
        self.nanoseconds = narrow.cost(lean) - wide.cost(stage)


def economise(stages: Sequence[Stage], budget: int) -> None:
    """Keep the prepared weights within so many bytes: stages whose larger form gains least for a byte become lean."""
    savings = [_Saving(stage) for stage in stages if stage.weight is not None]
    room = budget - sum(saving.least for saving in savings)
    growing = [saving for saving in savings if saving.bytes > 0]
    for saving in sorted(growing, key=lambda saving: -saving.nanoseconds / saving.bytes):
        saving.stage.lean = saving.bytes > room
        room -= 0 if saving.stage.lean else saving.bytes
