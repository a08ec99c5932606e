"""The forward of one module, read off the traces: a line an op or a call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.exchange.onnx.writing.sizes import Size, Traces
from nnbuild.exchange.specs.names import identifier
from nnbuild.exchange.specs.values import Values, constant
from nnbuild.graph.graph import Call, Node, Value
from nnbuild.lazy import np
from nnbuild.nn.layer import Layer
from nnbuild.ops.nests import is_array

Event = Node | Call


class Program:
    """The forward of a module.

    Params: traces; call, of the module; children, how the program calls each of its layers, by identity; own, the names
    of its parameters and buffers, by identity; used, names of ops, which nothing else may have. `lines`, of the
    program; `buffers`, constants too large for a line.
    """

    def __init__(
        self, traces: Traces, call: Call, children: dict[int, str], own: dict[int, str], used: Iterable[str]
    ) -> None:
        self.traces = traces
        self.call = call
        self.children = children
        self.own = own
        self.buffers: dict[str, np.ndarray] = {}
        self.names: dict[int, str] = {}
        self.sizes: dict[str, str] = {}
        self.lines: list[str] = []
        self.values = Values(self._name_of, self._size_of)
        taken = [*children.values(), *own.values(), *used]
        self.arguments = self._arguments(taken)
        self._taken = {*taken, *self.arguments}
        events = sorted(self._events(call), key=lambda pair: pair[0])
        self._last = self._last_uses([event for _, event in events])
        for place, (_, event) in enumerate(events):
            self._write(place, event)
        self._return()

    def _arguments(self, taken: list[str]) -> list[str]:
        names = getattr(self.call.module, "input_names", ())
        found: list[str] = []
        usual = ["x"] if len(self.call.inputs) == 1 else [f"x{at}" for at in range(len(self.call.inputs))]
        for value, name in zip(self.call.inputs, names or usual, strict=True):
            found.append(identifier(name, [*taken, *found], "x"))
            self.names[id(value)] = found[-1]
        return found

    # What happens, in order

    def _events(self, outer: Call) -> Iterator[tuple[float, Event]]:
        """Ops, and calls of layers that the program has names for; of other modules what happens inside."""
        for node in outer.nodes:
            yield node.index, node
        for call in outer.calls:
            if id(call.module) not in self.children:
                yield from self._events(call)
                continue
            inside = [node.index for node in call.all_nodes()]
            before = [value.producer.index for value in call.inputs if isinstance(value, Value) and value.producer]
            yield (min(inside) if inside else max(before, default=-1) + 0.5), call

    def _last_uses(self, events: list[Event]) -> dict[int, int]:
        last: dict[int, int] = {}
        for place, event in enumerate(events):
            for value in event.inputs:
                last[id(value)] = place
        last.update((id(value), len(events)) for value in self.call.outputs)
        return last

    def _write(self, place: int, event: Event) -> None:
        if isinstance(event, Node):
            text = self.values.call(event, self.traces.arguments(event.index))
            outputs: list[Any] = list(event.outputs)
            target = ", ".join(self._targets(place, outputs)) + (
                "," if event.returns_many and len(outputs) == 1 else ""
            )
        else:
            text = self._layer_call(event)
            outputs = event.outputs
            target = self._target_of_call(place, event)
        self.lines.append(f"{target} = {text}")

    def _targets(self, place: int, outputs: list[Any]) -> list[str]:
        """Names for what comes out: that of a tensor that is needed no more, if there is one."""
        free = [
            name
            for value, name in ((key, name) for key, name in self.names.items())
            if self._last.get(value, -1) <= place and name not in self._live(place)
        ]
        found: list[str] = []
        for value in outputs:
            choice = next((name for name in free if name not in found), None)
            if choice is None:
                choice = next(name for name in _letters() if name not in self._taken and name not in found)
                self._taken.add(choice)
            found.append(choice)
            self.names = {key: name for key, name in self.names.items() if name != choice}
            self.names[id(value)] = choice
        return found

    def _live(self, place: int) -> set[str]:
        return {name for key, name in self.names.items() if self._last.get(key, -1) > place}

    def _target_of_call(self, place: int, call: Call) -> str:
        names = self._targets(place, call.outputs)
        gives = getattr(call.module, "gives", "")
        if isinstance(call.module, Layer) and gives.startswith("(") and len(names) > 1:
            left = iter(names)
            return re.sub(r"\w+", lambda match: next(left), gives)[1:-1]
        return ", ".join(names)

    def _layer_call(self, call: Call) -> str:
        names = [self._name_of(value) for value in call.inputs]
        if isinstance(call.module, Layer) and len(names) == 3 and "(h, c)" in getattr(call.module, "gives", ""):
            names = [names[0], f"({names[1]}, {names[2]})"]
        return f"{self.children[id(call.module)]}({', '.join(names)})"

    def _return(self) -> None:
        names = [self._name_of(value) for value in self.call.outputs]
        last = self.lines[-1] if self.lines else ""
        target, sign, text = last.partition(" = ")
        if len(names) == 1 and sign and target == names[0]:
            self.lines[-1] = f"return {text}"
        else:
            self.lines.append(f"return {', '.join(names)}")

    # Words for values

    def _name_of(self, tensor: Any) -> str:
        if id(tensor) in self.names:
            return self.names[id(tensor)]
        if id(tensor) in self.own:
            return self.own[id(tensor)]
        if is_array(tensor):
            return constant(tensor) or self._buffer(tensor)
        raise SpecError(f"the tensor {tensor!r} is not of this module", path=self.call.path or None)

    def _buffer(self, array: np.ndarray) -> str:
        for name, known in self.buffers.items():
            if known is array or (known.dtype == array.dtype and np.array_equal(known, array)):
                return name
        name = identifier(f"constant{len(self.buffers) + 1}", self._taken)
        self._taken.add(name)
        self.buffers[name] = array
        return name

    def _size_of(self, size: Size) -> str:
        """A size by the axes of what comes in."""
        for value in self.call.inputs:
            shape = self.traces.shape(value)
            if size in shape:
                return self._measured(value, shape.index(size))
        terms = self.traces.terms(size)
        if terms is None:
            raise SpecError("a size hangs on the free axes in a way that no program says", path=self.call.path or None)
        factors, rest = terms
        parts = []
        for name, factor in factors.items():
            axis = self._axis(name)
            parts.append(axis if factor == 1 else f"{factor} * {axis}")
        return " + ".join([*parts, str(rest)] if rest else parts)

    def _axis(self, name: str) -> str:
        axis = next(axis for axis in self.traces.axes if axis.name == name)
        alone = [axis.size, *(axis.size + (other.name == name) for other in self.traces.axes), axis.size + 3]
        for value in self.call.inputs:
            shape = self.traces.shape(value)
            for place, size in enumerate(shape):
                if isinstance(size, Size) and list(size.values) == alone:
                    return self._measured(value, place)
        raise SpecError(f"the size of {name} does not come into this module", path=self.call.path or None)

    def _measured(self, value: Any, place: int) -> str:
        """The name of a size that is taken at the beginning, where the input still has its name."""
        text = f"{self.arguments[[id(each) for each in self.call.inputs].index(id(value))]}.size({place})"
        if text not in self.sizes:
            self.sizes[text] = identifier("n" if not self.sizes else f"n{len(self.sizes)}", self._taken)
            self._taken.add(self.sizes[text])
        return self.sizes[text]

    def text(self) -> list[str]:
        """The lines, those that take sizes first."""
        return [*(f"{name} = {text}" for text, name in self.sizes.items()), *self.lines]

    @property
    def constants(self) -> list[np.ndarray]:
        """The buffers' values."""
        return list(self.buffers.values())


def _letters() -> Iterator[str]:
    yield from ("x", "y", "z", "u", "v", "w")
    count = 1
    while True:
        yield f"x{count}"
        count += 1
