"""Parameters and buffers whose shape is not known yet: those of lazy layers before their first call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Self

from nnbuild.errors import WeightError
from nnbuild.nn.parameter import Buffer, Parameter, StoredTensor


class _Uninitialized(StoredTensor):
    """A dtype without a shape."""

    def __init__(self, *, device: Any = None, dtype: str | None = None, **kept: Any) -> None:
        self.__dict__.update(self._defaults() | kept)
        self.dtype = dtype or "float32"
        self._forget(None)

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: str | None = None) -> None:
        """Become a Parameter or Buffer of this shape, still without values."""
        kind: Any = Parameter if isinstance(self, Parameter) else Buffer
        dtype, kept = dtype or self.dtype, self._kept()
        self.__class__ = kind
        self.__dict__.update(kind.empty(shape, dtype, **kept).__dict__)

    def _refuse(self) -> NoReturn:
        raise WeightError(
            f"{type(self).__name__} has neither shape nor values yet",
            hint="call the network once, or trace it, so that its lazy layers take their sizes from the input",
        )

    @property
    def shape(self) -> Any:  # type: ignore[override]
        self._refuse()

    @property  # type: ignore[misc]
    def data(self) -> Any:
        self._refuse()

    def to(self, dtype: str) -> Self:
        """The same with another dtype."""
        return type(self)(dtype=dtype, **self._kept())

    astype = to

    def convert_(self, dtype: str) -> Self:
        """Change the dtype."""
        self.dtype = dtype
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.to(self.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.dtype, self._kept())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):
    """A Parameter of a lazy layer that has not been called."""


class UninitializedBuffer(_Uninitialized, Buffer):
    """A Buffer of a lazy layer that has not been called."""


def _restored(kind: type[_Uninitialized], dtype: str, kept: dict[str, Any]) -> _Uninitialized:
    return kind(dtype=dtype, **kept)


def is_lazy(tensor: object) -> bool:
    """Whether this is an uninitialized parameter or buffer."""
    return isinstance(tensor, _Uninitialized)
