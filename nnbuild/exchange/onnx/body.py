"""A list of nodes that run in order: the body of a branch, a loop or a function, and what its steps see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnbuild.errors import NnbuildError, OptionError, SpecError
from nnbuild.exchange.onnx.node import OnnxNode, Reader
from nnbuild.exchange.onnx.tensors import StoredTensor
from nnbuild.nn.module import Module

#: What a wrong attribute or input makes Python and NumPy say.
MISTAKES = (TypeError, ValueError, IndexError, KeyError, AttributeError, ZeroDivisionError, OverflowError)


class Frame:
    """The values by name while a list of steps runs. Params: outer, of the list around it; module, whose steps run."""

    __slots__ = ("module", "outer", "values")

    def __init__(self, values: dict[str, Any], outer: Frame | None = None, module: Module | None = None) -> None:
        self.values = values
        self.outer = outer
        self.module: Module | None = module if module is not None or outer is None else outer.module

    def __getitem__(self, name: str) -> Any:
        frame: Frame | None = self
        while frame is not None:
            if name in frame.values:
                value = frame.values[name]
                if isinstance(value, StoredTensor):
                    value = frame.values[name] = value.read()
                return value
            frame = frame.outer
        raise SpecError(f"there is no tensor {name!r}")

    def put(self, names: Sequence[str], result: Any) -> None:
        """Keep what a step gives under its outputs' names."""
        given = result if isinstance(result, tuple) else (result,)
        if len(given) < sum(map(bool, names)):
            raise SpecError(f"gives {len(given)} outputs, and the file names {len(names)}")
        self.values.update((name, value) for name, value in zip(names, given, strict=False) if name)


class NodeStep:
    """A node that runs by its reader. Params: inner, the bodies in its attributes; file, how messages call it."""

    def __init__(self, node: OnnxNode, reader: Reader, inner: Sequence[Body], file: str, framed: bool) -> None:
        self.node = node
        self.reader = reader
        self.file = file
        self.framed = framed
        captured = dict.fromkeys(name for body in inner for name in body.free())
        self.inputs = [name for name in dict.fromkeys((*node.inputs, *captured)) if name]
        self.outputs = node.outputs

    def run(self, frame: Frame) -> None:
        """Compute the outputs."""
        with located(self.node.label, self.file):
            inputs = [frame[name] if name else None for name in self.node.inputs]
            result = self.reader(self.node, *((frame,) if self.framed else ()), *inputs)
            frame.put(self.outputs, result)


class located:  # noqa: N801
    """Context: errors inside say at which node of which file it is, and Python's own become ours."""

    def __init__(self, label: str, file: str) -> None:
        self.note = f"at {label} in {file}"

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, NnbuildError):
            if not any(note.startswith("at the node ") for note in error.notes):
                error.notes.append(self.note)
        elif isinstance(error, MISTAKES) and not isinstance(error, OptionError):
            raise SpecError(f"the node cannot be computed: {error}", notes=[self.note]) from error


class Body:
    """Steps in order.

    Params: inputs, outputs, names; constants, by name; partial, whether outputs may be missing, as those are in a
    function that nobody asks for.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        outputs: Sequence[str],
        steps: Sequence[Any],
        constants: Mapping[str, Any],
        partial: bool = False,
    ) -> None:
        self.partial = partial
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.steps = list(steps)
        self.constants = dict(constants)

    def free(self) -> Iterator[str]:
        """The names that it takes from around it."""
        known = {*self.inputs, *self.constants}
        for step in self.steps:
            yield from (name for name in step.inputs if name not in known)
            known.update(step.outputs)
        yield from (name for name in self.outputs if name and name not in known)

    def run(self, inputs: Sequence[Any], outer: Frame | None = None) -> list[Any]:
        """The outputs."""
        if len(inputs) > len(self.inputs):
            raise SpecError(f"wants {len(self.inputs)} inputs and gets {len(inputs)}")
        given = [*inputs, *(None,) * (len(self.inputs) - len(inputs))]
        frame = Frame({**self.constants, **dict(zip(self.inputs, given, strict=True))}, outer)
        for step in self.steps:
            step.run(frame)
        made = {*self.constants, *self.inputs, *(name for step in self.steps for name in step.outputs)}
        return [frame[name] if name and not (self.partial and name not in made) else None for name in self.outputs]
