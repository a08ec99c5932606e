"""einops' layers: axes rearranged or reduced by a pattern."""

from __future__ import annotations

from typing import Any, ClassVar

from nnbuild.nn.layer import Layer
from nnbuild.nn.taking import Tensor
from nnbuild.ops.einops import rearrange, reduce
from nnbuild.ops.einops.pattern import EinopsError, sides


class _Patterned(Layer):
    """What the two share: the lengths of axes, which are options by the axes' names."""

    #: Options that the class does not name are the lengths of axes.
    has_open_options: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = {option.name for option in self._options}
        self._init(*args, **{name: value for name, value in kwargs.items() if name in names})
        self.axes_lengths = {name: value for name, value in kwargs.items() if name not in names}
        pattern = self.__dict__["pattern"]
        try:
            sides(pattern)
        except EinopsError as error:
            raise EinopsError(f"{type(self).__name__} {pattern!r} {error.statement}") from None

    def extra_repr(self) -> str:
        shown = [repr(getattr(self, name)) for name in self._kept]
        return ", ".join([*shown, *(f"{name}={length}" for name, length in self.axes_lengths.items())])


class Rearrange(_Patterned):
    """Axes in another order, split or joined, as einops' layer: `Rearrange('b c (h p) w -> b h (p c) w', p=2)`.

    Shape: the left side of the pattern -> the right side. Lengths of axes that the input does not tell are options.
    Source: https://einops.rocks/api/rearrange/
    """

    pattern: str

    def forward(self, input: Tensor) -> Any:
        return rearrange(input, self.pattern, **self.axes_lengths)


class Reduce(_Patterned):
    """The axes that the right side lacks reduced, as einops' layer: `Reduce('b c h w -> b c', 'mean')`.

    Shape: the left side of the pattern -> the right side. Lengths of axes that the input does not tell are options;
    reduction: min, max, sum, mean, prod, any or all.
    Source: https://einops.rocks/api/reduce/
    """

    pattern: str
    reduction: str

    def forward(self, input: Tensor) -> Any:
        return reduce(input, self.pattern, self.reduction, **self.axes_lengths)
