"""The modules that a file's nodes become: a tree by the paths in their names, each running its own part in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nnbuild import ops
from nnbuild.errors import OptionError, SpecError
from nnbuild.exchange.onnx.body import Frame, located
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.ops.nests import map_tensors
from nnbuild.ops.op import recorder
from nnbuild.spec.build.stated import Spec


class LayerStep:
    """The call of a layer of the module. Params: child, its name; places, inputs of the node that it takes."""

    def __init__(self, child: str, inputs: list[str], outputs: list[str], call: Any, label: str, file: str) -> None:
        self.child = child
        self.inputs = inputs
        self.outputs = outputs
        self.call = call
        self.label = label
        self.file = file

    def run(self, frame: Frame) -> None:
        """Compute the outputs."""
        assert frame.module is not None
        layer = frame.module._modules[self.child]
        with located(self.label, self.file):
            inputs = [frame[name] for name in self.inputs]
            frame.put(self.outputs, self.call(layer, *inputs) if self.call is not None else layer(*inputs))  # type: ignore[misc]


class GroupStep:
    """The call of one part of a group. Params: child, its name; part, its number."""

    def __init__(self, child: str, part: int, inputs: list[str], outputs: list[str]) -> None:
        self.child = child
        self.part = part
        self.inputs = inputs
        self.outputs = outputs

    def run(self, frame: Frame) -> None:
        """Compute the outputs."""
        assert frame.module is not None
        group: Any = frame.module._modules[self.child]
        inputs = [frame[name] for name in self.inputs]
        frame.put(self.outputs, group(*inputs, part=self.part) if self.part else group(*inputs))


class Part(NamedTuple):
    """Steps of a group that run together. Params: inputs, outputs, names."""

    inputs: list[str]
    outputs: list[str]
    steps: list[Any]


class Group(Module):
    """Nodes of one path. Where the graph leaves and comes back, it has several parts."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__.update(_parts=[], _constants={}, _held={})

    def forward(self, *inputs: Any, part: int = 0) -> Any:
        """Run a part."""
        run: Part = self._parts[part]
        held = {name: getattr(self, attribute) for name, attribute in self._held.items()}
        frame = Frame({**self._constants, **held, **dict(zip(run.inputs, inputs, strict=True))}, module=self)
        for step in run.steps:
            step.run(frame)
        outputs = tuple(frame[name] for name in run.outputs)
        return outputs[0] if len(outputs) == 1 and not isinstance(outputs[0], list) else outputs

    def __deepcopy__(self, memo: dict[int, Any]) -> Group:
        from copy import deepcopy

        new = type(self).__new__(type(self))
        memo[id(self)] = new
        shared = {key: self.__dict__[key] for key in ("_parts", "_constants", "_held", "spec") if key in self.__dict__}
        own = {key: value for key, value in self.__dict__.items() if key not in shared}
        new.__dict__.update(deepcopy(own, memo) | shared)
        return new


class Network(Group):
    """The whole of a file. Its outputs are those of the graph, alone where there is one."""

    #: What the file says beside its layers.
    spec: Spec | None = None

    #: Run-time choices, of which a file has none.
    _choices: Mapping[str, Any] = {}

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(given.name for given in self.spec.inputs) if self.spec else ()

    def choose(self, **choices: Any) -> Network:
        """There is nothing to choose. Raises OptionError for anything."""
        for name in choices:
            raise OptionError(f"{type(self).__name__} has no choice {name!r}", option=name)
        return self

    def forward(self, *inputs: Any, part: int = 0) -> Any:
        wanted = self._parts[0].inputs
        if len(inputs) != len(wanted):
            raise SpecError(f"the network takes {len(wanted)} inputs, {', '.join(wanted)}, and gets {len(inputs)}")
        result = super().forward(*inputs)
        own = _recorded if recorder.get() is not None else _array
        return map_tensors(own, result)


def _array(value: Any) -> Any:
    """A weight that is an output, as its values."""
    return value.data if isinstance(value, Parameter | Buffer) else value


def _recorded(value: Any) -> Any:
    """A constant or a weight that is an output, as what an op gives: a trace has no other outputs."""
    if isinstance(value, Parameter | Buffer):
        return ops.clone(value)
    return ops.tensor(value) if isinstance(value, np.ndarray) else value


def group_class(name: str, root: bool = False) -> type[Group]:
    """The class of a group, of this name in a summary."""
    kind = Network if root else Group
    return type(name, (kind,), {"__module__": "nnbuild.exchange.onnx", "__doc__": f"{name}, of an ONNX file."})
