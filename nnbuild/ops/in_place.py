"""Ops whose result takes the place of their first argument, by torch's names for them: `add_`, `relu_`, `copy_`.

On an array they write into it, and so into everything that is a view of it; in a trace, who asks for the old value from
there on gets the new one.
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.ops.dtypes import fits, is_complex, is_floating
from nnbuild.ops.nests import is_tensor, spec_of
from nnbuild.ops.op import recorder
from nnbuild.ops.signature import Signature
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike

#: Those whose result another op gives than that of their own name.
RESULTS = {"zero_": "zeros_like", "fill_": "full_like", "copy_": "expand_as"}

#: Names of their arguments that are not those of the op that gives the result.
_NAMES = {"fill_": {"value": "fill_value"}, "copy_": {"src": "other"}}


class InPlace:
    """The op of this name, its result put in its first argument's place."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.__doc__ = f"{name[:-1]}, in place of the first argument."

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __call__(self, input: Any, *args: Any, **options: Any) -> Any:
        """The input with the result in it. Raises ShapeError for a result that has no place there."""
        from nnbuild import ops

        check_target(self.name, input)
        op = getattr(ops, RESULTS.get(self.name, self.name[:-1]))
        names = _NAMES.get(self.name, {})
        options = {names.get(name, name): value for name, value in options.items()}
        if self.name == "copy_":
            result = ops.clone(op(self._source(args, options), input))
        else:
            result = op(input, *args, **options)
        before, after = spec_of(input), spec_of(result)
        made_real = is_complex(before.dtype) and is_floating(after.dtype)
        fitting = self.name == "copy_" or (fits(after.dtype, before.dtype) and not made_real)
        if before.shape != after.shape or not fitting:
            raise ShapeError(
                f"{self.name} keeps shape and dtype, {before.shape} {before.dtype}, and the result is {after.shape} "
                f"{after.dtype}",
                hint=f"write x = x.{self.name[:-1]}(...)",
            )
        return replaced(input, ops.to(result, before.dtype) if before.dtype != after.dtype else result)

    def _source(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What copy_ is given."""
        try:
            return _COPIED.bind(args, options)["other"]
        except TypeError as error:
            raise OptionError(f"{self.name} cannot be called so: {error}") from None


def _copied(other: Any, non_blocking: bool = False) -> Any:
    """copy_'s arguments after the first."""
    return other


_COPIED = Signature(_copied)


def check_target(name: str, input: Any) -> None:
    """Refuse what the op of this name cannot change."""
    if not is_tensor(input):
        raise OptionError(f"{name} wants a tensor and gets {input!r:.80}", option="input")
    if isinstance(input, TensorLike) and not isinstance(input, TensorSpec):
        raise ShapeError(
            f"{name} would change a parameter or a buffer, which a forward leaves as it is",
            hint="change a copy: y = x.clone()",
        )
    if not isinstance(input, TensorLike) and not input.flags.writeable:
        raise ShapeError(f"{name} writes into its input, which is read-only", hint="change a copy: y = x.clone()")


def replaced(old: Any, new: Any) -> Any:
    """The tensor that stands for `old` once `new` is put in its place."""
    active = recorder.get()
    if isinstance(new, TensorLike):
        if active is not None:
            active.overwrite(old, new)
        return new
    np.copyto(old, new)
    return old


def __getattr__(name: str) -> InPlace:
    if name.startswith("_") or not name.endswith("_"):
        raise AttributeError(name)
    made = globals()[name] = InPlace(name)
    return made
