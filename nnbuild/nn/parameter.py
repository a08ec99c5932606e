"""Parameter and Buffer: tensors that a module keeps. Shape and dtype at once, values at first use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Self

from nnbuild.budget import charge
from nnbuild.errors import OptionError
from nnbuild.lazy import np
from nnbuild.limits import STEPS_A_PARAMETER
from nnbuild.nn.random import LOCK
from nnbuild.ops.spec import ITEM_SIZES, within_limits
from nnbuild.ops.tensor_like import TensorLike


class StoredTensor(TensorLike):
    """What Parameter and Buffer share: values that exist only once somebody looks at them.

    Params: data, an array (shared, not copied), nested lists (float32 if they hold fractions) or another one.
    """

    shape: tuple[int, ...]
    dtype: str
    _array: np.ndarray | None

    def __init__(self, data: Any) -> None:
        self.data = data

    @classmethod
    def empty(cls, shape: int | Sequence[int], dtype: str = "float32", **kept: Any) -> Self:
        """A tensor without values yet; zeros if nothing assigns some."""
        self = cls.__new__(cls)
        self.__dict__.update(cls._defaults() | kept)
        charge(STEPS_A_PARAMETER)
        if not isinstance(shape, int) and any(size < 0 for size in shape):
            raise OptionError(f"a tensor cannot have the sizes {tuple(shape)}: they are at least 0")
        sizes = (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
        self.shape = within_limits(sizes, "a parameter is a tensor")
        self.dtype = dtype
        self._forget(None)
        return self

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """What an instance keeps beside its values."""
        return {}

    def _kept(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._defaults()}

    @property
    def data(self) -> np.ndarray:
        """The values, always the same array: what is written into it stays."""
        array = self._array
        if array is None:
            with LOCK:
                array = self._array = self._take() if self._array is None else self._array
        return array

    @data.setter
    def data(self, value: Any) -> None:
        array = _as_array(value)
        with LOCK:
            self._forget(None)
            self.shape, self.dtype, self._array = array.shape, array.dtype.name, array

    def _forget(self, source: Callable[[], np.ndarray] | None) -> None:
        """Values come from `source` from now on."""
        self._array = None
        self._source = source
        self._shared = False  # whether a copy will take its values from the same source
        self._changes: tuple[Callable[[np.ndarray], Any], ...] = ()

    def _take(self) -> np.ndarray:
        array = np.zeros(self.shape, self.dtype) if self._source is None else self._source()
        if self._shared:
            array = array.copy()
        for change in self._changes:
            change(array)
        self._source, self._changes = None, ()
        return array

    def assign(self, source: Callable[[], np.ndarray]) -> None:
        """Take all values from `source()`: at first use, or now and in place if there are values already."""
        with LOCK:
            if self._array is None:
                self._forget(source)
            else:
                self._array[...] = source()

    def modify(self, change: Callable[[np.ndarray], Any]) -> None:
        """Apply `change`, which writes into the array it is given: after the draw, or now if there are values."""
        with LOCK:
            if self._array is None:
                self._changes = (*self._changes, change)
            else:
                change(self._array)

    @property
    def is_materialized(self) -> bool:
        """Whether the values exist."""
        return self._array is not None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """The size of the values in bytes, known without them."""
        return self.numel() * ITEM_SIZES[self.dtype]

    def numel(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def numpy(self) -> np.ndarray:
        return self.data

    def detach(self) -> np.ndarray:
        return self.data

    def to(self, dtype: str) -> Self:
        """This tensor in another dtype, itself if it has it already; as lazy as this one."""
        if dtype == self.dtype:
            return self
        if self.is_materialized:
            return type(self)(self.data.astype(dtype), **self._kept())
        origin = self.__deepcopy__({})
        new = type(self).empty(self.shape, dtype, **self._kept())
        new.assign(lambda: origin.data.astype(dtype))
        return new

    astype = to

    def convert_(self, dtype: str) -> Self:
        """Change this tensor's own dtype; as lazy as before."""
        self.__dict__.update(self.to(dtype).__dict__)
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.data, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__} containing:\n{self.data!r}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        charge(STEPS_A_PARAMETER)
        new = type(self).__new__(type(self))
        with LOCK:
            self._shared = self._shared or self._array is None
            new.__dict__.update(self.__dict__)
            if self._array is not None:
                new._array = self._array.copy()
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data, *self._kept().values())


class Parameter(StoredTensor):
    """A tensor that a module learns; its values are drawn when they are first looked at.

        weight = Parameter.empty((out, in))     # zeros, unless
        init.kaiming_uniform_(weight)           # an initialiser queues its draw
        weight.data                             # drawn here, in torch's order

    Params: data, as StoredTensor's; requires_grad, False for a frozen one.
    Source: torch.nn.Parameter.
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data)
        self.requires_grad = requires_grad

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {"requires_grad": True}

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze or unfreeze."""
        self.requires_grad = requires_grad
        return self


class Buffer(StoredTensor):
    """A tensor that a module keeps and does not learn; assigned to an attribute, it is registered.

    Params: data, as StoredTensor's; persistent, whether it is part of state_dict.
    Source: torch.nn.Buffer.
    """

    def __init__(self, data: Any, persistent: bool = True) -> None:
        super().__init__(data)
        self.persistent = persistent

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {"persistent": True}


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, StoredTensor):
        return value.data
    array = np.asarray(value)
    single = {"f": np.float32, "c": np.complex64}.get(array.dtype.kind)
    return array.astype(single) if single and not hasattr(value, "dtype") else array
