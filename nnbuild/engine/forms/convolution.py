"""What the forms of convolution have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from nnbuild.engine.forms.form import Form
from nnbuild.engine.layout import Layout
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.engine.sliding.convolution import Convolution
from nnbuild.engine.step import Step
from nnbuild.ops.convolution import conv_transpose
from nnbuild.ops.window import Slide


class ConvolutionForm(Form):
    """A form of convolution, which says of a `Convolution` what a form says of a stage."""

    #: Multiply-adds below which handing work to another thread costs more than it saves.
    alone = 1 << 21

    @abstractmethod
    def takes(self, conv: Convolution) -> bool:
        """Whether it can do the convolution."""

    def nanoseconds(self, conv: Convolution) -> float:
        """Its cost."""
        return 0

    @abstractmethod
    def step_of(self, conv: Convolution, threads: int) -> Step:
        """The step."""

    def macs(self, conv: Convolution) -> int:
        """Multiply-adds that it does."""
        return conv.macs

    def bytes_of(self, conv: Convolution) -> int:
        """Bytes of weights that it makes for itself."""
        return conv.weight.nbytes

    def fits(self, stage: Stage) -> bool:
        """Whether this is a convolution with a known weight that it takes."""
        conv = Convolution.of(stage)
        return conv is not None and self.takes(conv)

    def cost(self, stage: Stage) -> float:
        """As estimated from sizes."""
        return self.nanoseconds(_of(stage))

    def step(self, stage: Stage, layout: Layout, threads: int) -> Step:
        """The step, which keeps the weight in its own form only."""
        conv = _of(stage)
        step = self.step_of(conv, 1 if self.macs(conv) < self.alone else threads)
        conv.forget()
        return step

    def prepared(self, stage: Stage) -> int:
        """As many as for its convolution."""
        return self.bytes_of(_of(stage))

    def slides(self, stage: Stage) -> Sequence[Slide] | None:
        """The convolution's own, but for a transposed one."""
        return None if stage.kind is conv_transpose else stage.slides

    def needs_channels_last(self, stage: Stage) -> bool:
        """Always: windows are runs of whole pixels."""
        return True


def _of(stage: Stage) -> Convolution:
    conv = Convolution.of(stage)
    assert conv is not None
    return conv
