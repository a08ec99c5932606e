"""Tensors that a constructor makes: shape and dtype at once, values when somebody looks at them.

    pe = torch.zeros(max_len, d_model)          # nothing is allocated
    pe[:, 0::2] = torch.sin(position * div)     # queued
    self.register_buffer("pe", pe)              # computed at first use

Ops are recorded by `Making`; what each gives is computed once, when one of its results is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild.budget import current, watching
from nnbuild.errors import SpecError
from nnbuild.lazy import np
from nnbuild.nn import init
from nnbuild.nn.parameter import Parameter, StoredTensor
from nnbuild.ops.nests import array_of, map_tensors, spec_of
from nnbuild.ops.op import Op, recorder
from nnbuild.ops.spec import TensorSpec
from nnbuild.spec.language.describe import describe


class Made(StoredTensor):
    """A tensor on its way to a parameter or a buffer.

    Params: origin, the tensor that this is a part of and the index, so that what is written here is written there.
    """

    origin: tuple[Any, Any] | None = None


class _Result:
    """What one op gives, computed once."""

    def __init__(self, op: Op, arguments: dict[str, Any], outputs: Any) -> None:
        self._op = op
        self._arguments: dict[str, Any] = map_tensors(snapshot, arguments)
        self._outputs = outputs
        self._arrays: Any = None

    def array(self, index: int | None) -> np.ndarray:
        if self._arrays is None:
            budget = watching()
            if budget is not None:
                self._op.charge(budget, map_tensors(spec_of, self._arguments), self._outputs)
            token = recorder.set(None)
            try:
                self._arrays = self._op.compute(self._outputs, self._arguments)
            finally:
                recorder.reset(token)
            self._arguments = {}
        array: np.ndarray = self._arrays if index is None else self._arrays[index]
        return np.array(array)


def snapshot(tensor: Any) -> Any:
    """The tensor as it is now, whatever is written into it later; its values stay to be made."""
    return tensor.__deepcopy__({}) if isinstance(tensor, StoredTensor) and not tensor.is_materialized else tensor


#: Ops whose numbers are drawn in the order of the program, and the initialiser that draws them.
_DRAWN: dict[str, Callable[[Any], Any]] = {
    "randn": init.normal_, "randn_like": init.normal_, "rand": init.uniform_, "rand_like": init.uniform_,
}  # fmt: skip


class Making:
    """The Recorder while modules are made."""

    def record(self, op: Op, arguments: dict[str, Any], outputs: Any) -> Any:
        """The op's outputs as tensors without values yet."""
        if isinstance(outputs, TensorSpec):
            return self._made(op, _Result(op, arguments, outputs), outputs, None)
        result = _Result(op, arguments, outputs)
        made = [self._made(op, result, spec, index) for index, spec in enumerate(outputs)]
        return type(outputs)(*made) if hasattr(outputs, "_fields") else type(outputs)(made)

    def _made(self, op: Op, result: _Result, spec: TensorSpec, index: int | None) -> Made:
        made = Made.empty(spec.shape, spec.dtype)
        if op.name in _DRAWN:
            _DRAWN[op.name](made)
        else:
            made.assign(lambda: result.array(index))
        return made

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a module's forward."""
        return module._checked_forward(args, kwargs)

    def changed(self, arrays: list[Any]) -> bool:
        """Whether something else stands for one of these arrays by now."""
        return False

    def overwrite(self, old: Any, new: Any) -> None:
        """An op worked in place."""
        if isinstance(old, StoredTensor):
            replace(old, new)


def replace(old: StoredTensor, new: Any) -> None:
    """Let a tensor have other values of the same shape, and what it is a part of too."""
    if isinstance(new, StoredTensor):
        source = snapshot(new)
        values: Callable[[], np.ndarray] = lambda: source.data.astype(old.dtype)  # noqa: E731
    else:
        values = lambda: np.asarray(new, old.dtype)  # noqa: E731
    old.assign(values)
    origin = getattr(old, "origin", None)
    if origin is not None:
        whole, index = origin
        write(whole, index, new)


def write(tensor: StoredTensor, index: Any, value: Any) -> None:
    """tensor[index] = value, now or once the tensor has values."""
    shape = _shape_at(tensor, index)
    given = tuple(value.shape) if hasattr(value, "shape") else ()
    if any(size != wanted and size != 1 for size, wanted in zip(reversed(given), reversed(shape), strict=False)):
        raise SpecError(f"items of shape {shape} cannot be assigned from {given}")
    index, source = map_tensors(snapshot, index), snapshot(value)

    def change(array: np.ndarray) -> None:
        array[map_tensors(array_of, index)] = array_of(source) if hasattr(source, "shape") else source

    tensor.modify(change)
    origin = getattr(tensor, "origin", None)
    if origin is not None:
        write(origin[0], origin[1], tensor)


def _shape_at(tensor: Any, index: Any) -> tuple[int, ...]:
    from nnbuild.ops import getitem

    return tuple(getitem(spec_of(tensor), map_tensors(_index_spec, index)).shape)


def _index_spec(tensor: Any) -> Any:
    return array_of(tensor) if str(tensor.dtype) == "bool" else spec_of(tensor)


def part(tensor: Any, index: Any, value: Any) -> Any:
    """The part of a tensor at this index, which writes into the whole."""
    if isinstance(value, Made) and isinstance(tensor, StoredTensor):
        value.origin = (tensor, index)
    return value


def set_data(tensor: StoredTensor, value: Any) -> None:
    """tensor.data = value."""
    if not hasattr(value, "shape"):
        raise SpecError(f"the data of a tensor is a tensor, not {describe(value)}")
    tensor.shape, source = tuple(value.shape), snapshot(value)
    tensor._forget(None)
    tensor.dtype = str(value.dtype)
    tensor.assign(lambda: np.array(array_of(source)))


def as_parameter(value: Any, requires_grad: bool = True) -> Parameter:
    """nn.Parameter(value), as lazy as the value."""
    if not isinstance(value, StoredTensor):
        return Parameter(value, requires_grad)
    made = Parameter.empty(value.shape, value.dtype, requires_grad=requires_grad)
    if isinstance(value, Made) and not value.is_materialized:
        for name in ("_source", "_changes", "_shared"):
            setattr(made, name, getattr(value, name))
        value.assign(lambda: made.data.copy())  # one tensor, as in torch: whoever looks first, it is drawn once
    else:
        source = snapshot(value)
        made.assign(lambda: np.array(source.data))
    return made


def values_of(tensor: Any) -> np.ndarray:
    """The values of a tensor that depend on no input, charged to the budget."""
    if isinstance(tensor, TensorSpec):
        from nnbuild.spec.language.tensors import truth_refused

        raise truth_refused(tensor)
    current().take(int(np.prod(tensor.shape, dtype=np.int64)) * 8)
    return array_of(tensor)
