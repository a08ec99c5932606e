"""Tracing past mistakes: a layer that is given the wrong size goes on with the size that it was declared for.

So two independent mistakes of a network are found in one trace. Which size a layer was declared for is asked of the
layer itself: the value of an option that some axis of its input must have, and no other. Behind an op of a forward that
is given the wrong sizes the trace goes on with a guess, until a layer says what it was declared for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nnbuild.errors import NnbuildError, ShapeError
from nnbuild.graph.graph import Call, Graph, Value
from nnbuild.graph.guesses import Guesses
from nnbuild.graph.trace import Tracer, traced_by
from nnbuild.nn.module import Module
from nnbuild.ops.nests import map_tensors, spec_of, tensors_in
from nnbuild.ops.op import Op, recorder
from nnbuild.ops.spec import TensorSpec

#: A shape with the declared size, the same one larger, and what stood in the size's place.
Candidate = tuple[tuple[int, ...], tuple[int, ...], Any]


class Refit:
    """An input of a layer in the size that the layer was declared for.

    Params: given, the tensor; shape, the one it should have; declared and got, the sizes that differ; kept, whether the
    layer's output has that size too, so that either of the two may be the mistake.
    """

    def __init__(self, given: TensorSpec, shape: tuple[int, ...], declared: Any, got: Any, kept: bool) -> None:
        self.given = given
        self.shape = shape
        self.declared = declared
        self.got = got
        self.kept = kept

        self.made = Value(TensorSpec(shape, given.dtype), getattr(given, "name", ""))

    def __call__(self, arguments: Any) -> Any:
        """The arguments with this tensor in its declared size wherever it stands."""
        return map_tensors(lambda tensor: self.made if tensor is self.given else tensor, arguments)

    def axes(self) -> set[int] | None:
        """The axes whose sizes are changed; None where their number is."""
        if len(self.shape) != self.given.ndim:
            return None
        return {axis for axis, size in enumerate(self.shape) if size != self.given.shape[axis]}


class OnwardTracer(Tracer):
    """A recorder that keeps the mistakes of layers, and goes on behind each with the declared size."""

    def __init__(self, model: Module, inputs: list[Value]) -> None:
        super().__init__(model, inputs)
        self.mistakes: list[NnbuildError] = []
        self._guesses = Guesses()
        self._refits: list[Refit] = []
        self._uncertain: NnbuildError | None = None  # may follow from a guess
        self._blamed: Module | None = None  # in whose own forward the latest error arose

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As always; but a layer that refuses its input is called again with what it was declared for."""
        if getattr(module, "is_unbuilt", False) and (given := tensors_in((args, kwargs))):
            return self._guesses.stand_in(spec_of(given[0]))
        inside, before = self._inside_a_layer(), len(self._refits)
        try:
            return super().call(module, args, kwargs)
        except ShapeError as error:
            if error.module is None:
                self._blamed = module
            sizes = (
                _declared(module, error) if _is_layer(module) else [refit.declared for refit in self._refits[before:]]
            )
            refit = None if inside else self._refit(module, args, kwargs, sizes)
            if refit is None:
                if error.module is None and self._may_be_guessed(module, args, kwargs):
                    self._uncertain = error
                raise
            if not self._was_guessed(refit):
                self._keep(module, error, refit)
            return super().call(module, *refit((args, kwargs)))

    def record(self, op: Op, arguments: dict[str, Any], outputs: Any) -> Any:
        """As always; sizes that follow from guessed ones are guessed."""
        made = super().record(op, arguments, outputs)
        self._guesses.pass_on(op, arguments, tensors_in(made))
        return made

    def instead_of(self, error: NnbuildError) -> Value | None:
        """What a forward goes on with in place of an op's result whose sizes do not fit; the mistake is kept."""
        given = tensors_in(error.arguments)
        if not given or error.module is not None or self._inside_a_layer():
            return None
        uncertain = self._guesses.any_in(given) or (self._guesses and _has_sizes(error.arguments))
        if not uncertain and not self.follows(error):
            self._unwind(error)
            self.mistakes.append(error)
        return self._guesses.stand_in(spec_of(given[0]))

    def _refit(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], sizes: list[Any]) -> Refit | None:
        """The change of an input to one of these sizes with which the module takes its inputs, and none beside it."""
        given = list({id(tensor): tensor for tensor in tensors_in((args, kwargs))}.values())
        own = [*_sizes(module).values()]
        for declared in dict.fromkeys(sizes):
            for tensor in given:
                for shape, other, got in self._candidates(tensor, declared):
                    output = _output(module, Refit(tensor, shape, declared, got, False)((args, kwargs)))
                    if output is None or _output(module, Refit(tensor, other, declared, got, False)((args, kwargs))):
                        continue
                    kept = output[0].shape == shape and own.count(declared) == (1 if own else 0)
                    return Refit(tensor, shape, declared, got, kept)
        return None

    def _candidates(self, tensor: Any, declared: Any) -> Iterator[Candidate]:
        shape = spec_of(tensor).shape
        if len(self._guesses.of(tensor)) >= len(shape) - 1 and isinstance(declared, int):
            yield (shape[0], declared), (shape[0], declared + 1), None
        yield from _candidates(shape, declared)

    def _may_be_guessed(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        return self._guesses.any_in((args, kwargs)) or (bool(self._guesses) and not _is_layer(module))

    def _unwind(self, error: NnbuildError) -> None:
        """Tell the error what it would have been told on its way out of the network."""
        call = self.current
        while call is not None:
            call.module._blame(error)
            call = call.parent

    def _was_guessed(self, refit: Refit) -> bool:
        """Whether a layer's refusal says no more than that a guess was wrong; what it was declared for is certain."""
        guessed, changed = self._guesses.of(refit.given), refit.axes()
        if guessed:
            self._guesses.note(refit.made, guessed - changed if changed is not None else ())
        return bool(guessed) and (changed is None or changed <= guessed)

    def _inside_a_layer(self) -> bool:
        """Whether a layer with options is being called: the sizes of what is inside it follow from them."""
        call = self.current
        while call is not None:
            if _is_layer(call.module):
                return True
            call = call.parent
        return False

    def is_told(self, error: NnbuildError) -> bool:
        """Whether what ended the trace is, or may be, what has been told already."""
        guessed = bool(self._guesses) and not isinstance(error, ShapeError)
        return guessed or error is self._uncertain or self.follows(error)

    def follows(self, error: NnbuildError, declared: Any = None, got: Any = None) -> bool:
        """Whether the error is an earlier one again: of a layer with these sizes, or of an op between layers."""
        if self._blamed is not None and not _is_layer(self._blamed):
            numbers = set(re.findall(r"\d+", error.message))
            return any({str(refit.declared), str(refit.got)} <= numbers for refit in self._refits)
        return any(refit.kept and (declared, got) == (refit.got, refit.declared) for refit in self._refits)

    def _keep(self, module: Module, error: NnbuildError, refit: Refit) -> None:
        """Note the mistake, unless it is an earlier one seen from its other side."""
        told = self.follows(error, refit.declared, refit.got)
        self._refits.append(refit)
        if told:
            return
        module._blame(error)
        error.path = f"{self.paths.get(id(module), '')}.{error.path or ''}".strip(".")
        call: Call | None = self.current
        while call is not None:
            if call.module.source is not None:
                error.locate(mark=call.module.source.mark_of(error.option), label=error.option or "")
            call = call.parent
        self.mistakes.append(error)


def _has_sizes(arguments: dict[str, Any]) -> bool:
    """Whether sizes are among an op's arguments, as of a reshape."""
    return any(
        isinstance(value, list | tuple) and any(isinstance(size, int) for size in value) for value in arguments.values()
    )


def _is_layer(module: Module) -> bool:
    return hasattr(module, "options")


def _declared(module: Module, error: ShapeError) -> list[Any]:
    """The sizes that a layer may want: that of the option to blame, or of all options, of layers inside too."""
    own = _sizes(module)
    if error.module is None and error.option in own:
        return [own[error.option]]
    return [size for inner in module.modules() for size in _sizes(inner).values()]


def _sizes(module: Module) -> dict[str, Any]:
    """The options of a layer that may be sizes, by name."""
    options = {option.name: getattr(module, option.name, None) for option in getattr(module, "options", tuple)()}
    return {name: _plain(value) for name, value in options.items() if _is_size(value)}


def _is_size(value: Any) -> bool:
    sizes = value if isinstance(value, list | tuple) else [value]
    return bool(sizes) and all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in sizes)


def _plain(value: Any) -> Any:
    """One size as a number, several as a tuple."""
    if not isinstance(value, list | tuple):
        return value
    return value[0] if len(value) == 1 else tuple(value)


def _candidates(shape: tuple[int, ...], declared: Any) -> Iterator[Candidate]:
    """Shapes of which some axes have the declared size; the same one larger, and what the axes have in its place."""
    if isinstance(declared, tuple):
        kept = shape[: len(shape) - len(declared)]
        if len(shape) >= len(declared):
            yield (*kept, *declared), (*kept, *declared[:-1], declared[-1] + 1), shape[len(kept) :]
        return
    elements = 1
    for size in shape[1:]:
        elements *= size
    if len(shape) > 2 and elements == declared:  # a Flatten is missing
        yield (shape[0], declared), (shape[0], declared + 1), None
    for axis, size in enumerate(shape):
        before, after = shape[:axis], shape[axis + 1 :]
        yield (*before, declared, *after), (*before, declared + 1, *after), size


def _output(module: Module, arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> list[Any] | None:
    """What the layer would give for these, unrecorded; None if it does not take them."""
    token = recorder.set(None)
    try:
        args, kwargs = map_tensors(lambda tensor: TensorSpec(tensor.shape, str(tensor.dtype)), arguments)
        return tensors_in(module.forward(*args, **kwargs)) or None
    except NnbuildError:
        return None
    finally:
        recorder.reset(token)


def trace_onward(model: Module, *inputs: Any) -> tuple[Graph, list[NnbuildError]]:
    """The graph of `model(*inputs)` and its mistakes; behind one that no size mends the graph ends."""
    kept: list[OnwardTracer] = []

    class Keeping(OnwardTracer):
        def __init__(self, model: Module, inputs: list[Value]) -> None:
            super().__init__(model, inputs)
            kept.append(self)

    try:
        graph = traced_by(Keeping, model, inputs, {})
    except NnbuildError as error:
        (tracer,) = kept
        return tracer.graph, tracer.mistakes if tracer.is_told(error) else [*tracer.mistakes, error]
    return graph, kept[0].mistakes
