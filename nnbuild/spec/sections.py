"""The sections of a spec beside its layers: inputs, files for running, steps for images, and facts to hold it to.

input: [N, 3, 32, 32]                     # N is the batch
input: [N, T=20, 32]                      # T is free, 20 unless an input says otherwise
inputs: {tokens: {shape: [N, 128], dtype: int64}, mask: [N, 128]}
weights: lenet.npz                        # files beside the spec
example: digits.npy                       # or {name: file} for several inputs
labels: [cat, dog]                        # or a text file with one name a line
preprocess: {resize: 256, crop: 224, grayscale: false, scale: 1 / 255, mean: [0.485], std: [0.229]}
preprocess: {resize: 256, interpolation: bicubic, resnet50: {resize: 232}}         # by variant, and for all
expect: {params: 62006, macs: 651720, output: [N, 10]}
expect: {output: [N, 1000], resnet18: {params: 11689512}, resnet34: {params: 21797672}}    # by variant, and for all
paper: https://...                        # and description:, for people
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nnbuild.errors import SpecError, suggestion
from nnbuild.formats.image_kinds import RESAMPLING
from nnbuild.spec.build.axes import free_axis
from nnbuild.spec.build.stated import BATCH, Input
from nnbuild.spec.build.values import located, mapping_of, refuse_cut, text_of, value_of
from nnbuild.spec.folder import Folder
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.torch_names import DTYPES
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.words import listed

MAX_AXES = 8

#: Sizes of an image under `preprocess:`, and numbers for its pixels, which are float32.
MAX_SIDE, MAX_PIXEL_FACTOR = 65_536, 1e30

#: What else the batch is called, in small letters.
_BATCHES = ("batch", "batch_size", "batchsize", "bs", "b", "n", "none", "null", "~", "-1", "?")


#: What may be said: by name, whether a value is right, and in words what a right one is.
Known = dict[str, tuple[Callable[[Any], bool], str]]


class Sections:
    """Reads these sections. Params: scope, what their expressions know; folder, where the spec's files are."""

    def __init__(self, scope: Scope, caller: Caller, folder: Folder) -> None:
        self._scope = scope
        self._caller = caller
        self._folder = folder
        self._free: dict[str, int] = {}

    def _value(self, node: Node) -> Any:
        return value_of(node, self._scope, self._caller)

    # Inputs

    def inputs(self, single: Node | None, several: Node | None) -> tuple[Input, ...]:
        """The network's inputs; the single one is called x."""
        if single is not None and several is not None:
            raise SpecError("both input: and inputs:", mark=several.mark, hint="keep one of them")
        if single is not None:
            self._declare_axes(single)
            return (self._input("x", single),)
        if several is None:
            return ()
        entries = mapping_of(several, "inputs").entries
        if not entries:
            raise SpecError("inputs: names no input", mark=several.mark)
        for _, value in entries:
            self._declare_axes(value)
        return tuple(self._input(key.text, value) for key, value in entries)

    def _input(self, name: str, node: Node) -> Input:
        if not name.isidentifier():
            raise SpecError(f"{name!r} is not a name that a forward can use", mark=node.mark)
        if not isinstance(node, Mapping):
            return self._stated(name, node)
        known = ("shape", "dtype")
        for key, _ in node.entries:
            if key.text not in known:
                hint = suggestion(key.text, known) or "there are shape and dtype"
                raise SpecError(f"an input has no option {key.text}", mark=key.mark, hint=hint)
        shape, dtype = node.get("shape"), node.get("dtype")
        if shape is None:
            raise SpecError(f"the input {name} needs a shape", mark=node.mark, hint="shape: [N, 3, 224, 224]")
        return self._stated(name, shape, self._dtype(dtype) if dtype else "float32")

    def _stated(self, name: str, node: Node, dtype: str = "float32") -> Input:
        shape = self._shape(node)
        return Input(name, shape, dtype, {axis: size for axis, size in self._free.items() if axis in shape})

    def _dtype(self, node: Node) -> str:
        text = text_of(node, "a dtype").removeprefix("torch.")
        if text not in DTYPES:
            raise SpecError(f"{text} is not a dtype", mark=node.mark, hint=suggestion(text, DTYPES) or "as float32")
        return DTYPES[text]

    def _shape(self, node: Node, scope: Scope | None = None) -> tuple[int | str, ...]:
        if not isinstance(node, Sequence):
            raise SpecError("a shape is a list of sizes", mark=node.mark, hint="as [N, 3, 224, 224]")
        refuse_cut(node)
        if len(node.items) > MAX_AXES:
            raise SpecError(f"a shape of more than {MAX_AXES} axes", mark=node.mark)
        if node.items:
            self._refuse_other_batch(node.items[0], node.items[1:])
        return tuple(self._axis(item, scope or self._scope) for item in node.items)

    def _refuse_other_batch(self, node: Node, others: Iterable[Node]) -> None:
        text = node.text.strip() if isinstance(node, Scalar) else ""
        known = text == BATCH or text in self._free or self._scope.has(text)
        if not known and text.lower() in _BATCHES:
            sizes = ", ".join(["N", *(other.text.strip() if isinstance(other, Scalar) else "..." for other in others)])
            raise SpecError(f"the batch is N here, not {text or 'nothing'}", mark=node.mark, hint=f"write [{sizes}]")

    def _axis(self, node: Node, scope: Scope) -> int | str:
        name = node.text if isinstance(node, Scalar) else ""
        declared = free_axis(node)
        if declared and scope is self._scope:
            return declared.name
        if name in self._free or (name == BATCH and not self._scope.has(name)):
            return name
        try:
            return self._size(value_of(node, scope, self._caller), node)
        except SpecError as error:
            if len(name) == 1 and name.isalpha():
                error.hint = f"an axis of any length has a default, as {name}=20"
            raise

    def _size(self, size: Any, node: Node) -> int:
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            message = f"a size is a whole number of at least 0, or N for the batch, not {describe(size)}"
            raise SpecError(message, mark=node.mark)
        return size

    def _declare_axes(self, node: Node) -> None:
        """Keep the free axes of an input's shape, `T=20`, for all shapes of the spec."""
        shape = node.get("shape") if isinstance(node, Mapping) else node
        for item in shape.items if isinstance(shape, Sequence) else ():
            axis = free_axis(item)
            if axis is None:
                continue
            if axis.name == BATCH:
                raise SpecError("N is the batch, whose size no spec states", mark=item.mark, hint="write N alone")
            if self._scope.has(axis.name):
                hint = f"write {axis.name} alone for its value, or give the axis another name"
                raise SpecError(f"{axis.name} is the name of something else here", mark=item.mark, hint=hint)
            size = self._size(self._value(axis.default), axis.default)
            if self._free.setdefault(axis.name, size) != size:
                message = f"the axis {axis.name} has two defaults, {self._free[axis.name]} and {size}"
                raise SpecError(message, mark=item.mark, hint=f"write {axis.name} alone in one of the places")

    # Files

    def file(self, node: Node, what: str) -> Path:
        """A file beside the spec."""
        return self._folder.file(text_of(node, what), what)

    def example(self, node: Node, inputs: tuple[Input, ...]) -> dict[str, Path]:
        """A file for each input."""
        names = [item.name for item in inputs] or ["x"]
        if not isinstance(node, Mapping):
            if len(names) > 1:
                raise SpecError(
                    "example: names a file for each input", mark=node.mark, hint=f"{{{names[0]}: file.npy}}"
                )
            return {names[0]: self.file(node, "example")}
        for key, _ in node.entries:
            if key.text not in names:
                hint = suggestion(key.text, names) or f"the inputs are {listed(names)}"
                raise SpecError(f"there is no input {key.text}", mark=key.mark, hint=hint)
        return {key.text: self.file(value, "example") for key, value in node.entries}

    def labels(self, node: Node) -> tuple[str, ...] | Path:
        """Names of the output classes, or the file that lists them."""
        if isinstance(node, Sequence):
            return tuple(text_of(item, "a label") for item in node.items)
        return self.file(node, "labels")

    # Values

    def preprocess(self, node: Node, variants: tuple[str, ...], variant: str | None) -> dict[str, Any]:
        """Steps that turn an image into the input; a variant's own are added, or stand in their place."""
        return self._by_variant(node, "preprocess", variants, variant, _PREPROCESS, self._step)

    def expect(self, node: Node, variants: tuple[str, ...], variant: str | None) -> dict[str, Any]:
        """The facts for the spec as it stands; a variant's own are added to these, or stand in their place."""
        return self._by_variant(node, "expect", variants, variant, _EXPECT, self._expected)

    def _by_variant(
        self,
        node: Node,
        what: str,
        variants: tuple[str, ...],
        variant: str | None,
        known: Known,
        read: Callable[[str, Node], Any],
    ) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        of_variant: dict[str, Any] = {}
        for key, value in mapping_of(node, what).entries:
            if key.text in variants:
                checked = self._checked(value, key.text, known, read)
                if key.text == variant:
                    of_variant = checked
            else:
                facts |= self._checked(
                    Mapping(node.document, node.start, node.end, [(key, value)], False), what, known, read
                )
        return facts | of_variant

    def _step(self, name: str, node: Node) -> Any:
        return text_of(node, name) if name == "interpolation" else self._value(node)

    def _expected(self, name: str, node: Node) -> Any:
        if name != "output":
            return self._value(node)
        scope = Scope(dict(self._free), self._scope)  # the output may be T // 2 long
        if isinstance(node, Mapping):
            return {key.text: self._shape(value, scope) for key, value in node.entries}
        if isinstance(node, Sequence) and node.items and all(isinstance(item, Sequence) for item in node.items):
            return tuple(self._shape(item, scope) for item in node.items)
        return self._shape(node, scope)

    def _checked(
        self,
        node: Node,
        what: str,
        known: Known,
        read: Callable[[str, Node], Any],
    ) -> dict[str, Any]:
        facts = {}
        for key, value in mapping_of(node, what).entries:
            if key.text not in known:
                hint = suggestion(key.text, known) or f"there are {', '.join(known)}"
                raise SpecError(f"{what} has no {key.text}", mark=key.mark, hint=hint)
            check, words = known[key.text]
            try:
                fact = read(key.text, value)
                if not check(fact):
                    raise SpecError(f"{key.text} is {words}, not {describe(fact)}")
            except SpecError as error:
                raise located(value, error) from None
            facts[key.text] = fact
        return facts


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_PIXEL_FACTOR


def _size(value: Any) -> bool:
    return _whole(value) and 1 <= value <= MAX_SIDE


def _sizes(value: Any) -> bool:
    return _size(value) or (isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_size, value)))


def _numbers(value: Any) -> bool:
    return _number(value) or (isinstance(value, (list, tuple)) and bool(value) and all(map(_number, value)))


def _divisors(value: Any) -> bool:
    return _numbers(value) and 0 not in (value if isinstance(value, (list, tuple)) else (value,))


_PREPROCESS: Known = {
    "resize": (_sizes, f"a size of 1 to {MAX_SIDE:,}, or [height, width]"),
    "interpolation": (lambda value: value in RESAMPLING, f"one of {', '.join(RESAMPLING)}"),
    "crop": (_sizes, f"a size of 1 to {MAX_SIDE:,}, or [height, width]"),
    "grayscale": (lambda value: isinstance(value, bool), "true or false"),
    "scale": (_number, "a number that pixels are multiplied by"),
    "mean": (_numbers, "a number, or one for each channel"),
    "std": (_divisors, "a number other than 0, or one for each channel"),
}

_EXPECT: Known = {
    "params": (_whole, "a count"),
    "trainable": (_whole, "a count"),
    "buffers": (_whole, "a count"),
    "macs": (_whole, "a count"),
    "output": (lambda value: isinstance(value, (tuple, dict)), "a shape"),
}
