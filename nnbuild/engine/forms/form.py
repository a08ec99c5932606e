"""Form: one way to do a stage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from nnbuild.engine.layout import Layout
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.step import Step
from nnbuild.graph.graph import Value
from nnbuild.ops.window import Slide


class Form(ABC):
    """One way to do a stage: whether it can, what that costs, the step; and what it asks of the layout."""

    @abstractmethod
    def fits(self, stage: Stage) -> bool:
        """Whether it can do the stage, wherever its values lie."""

    def cost(self, stage: Stage) -> float:
        """Nanoseconds on one core, as far as other forms fit the same stages; 0 where all others are worse."""
        return 0

    @abstractmethod
    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step that does the stage."""

    def prepared(self, stage: Stage) -> int:
        """Bytes of weights that it would make for itself."""
        return 0

    def slides(self, stage: Stage) -> Sequence[Slide] | None:
        """How the output's axes of space move over the input's; None where a strip of rows cannot be done by itself."""
        return None

    # What the layout asks

    def needs_channels_last(self, stage: Stage) -> bool:
        """Whether input and output are to lie with their channels last."""
        return False

    def follows(self, stage: Stage) -> Sequence[Value]:
        """Values that, if all of them lie with their channels last, make the output lie so; none if that is open."""
        return ()

    def parts(self, stage: Stage) -> Sequence[Value]:
        """Values that may lie side by side in the output, along its channels."""
        return ()

    def is_view(self, stage: Stage) -> bool:
        """Whether the output may be the input's memory in another shape."""
        return False

    def accepts(self, stage: Stage, layout: Layout) -> bool:
        """Whether the values lie so that it can do the stage, which it fits."""
        return True
