"""The same graph on PyTorch and ONNX Runtime, for a comparison of their times with the engine's.

PyTorch runs each node by its own function of the op's name, on the same weights. ONNX Runtime runs PyTorch's export.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from nnbuild.bench.silence import silent
from nnbuild.errors import InputError
from nnbuild.graph.graph import Graph, Node, Value
from nnbuild.ops import getitem, gru, lstm, rnn_relu, rnn_tanh, where
from nnbuild.ops.nests import array_of, map_tensors

if TYPE_CHECKING:
    import numpy as np

#: One forward pass.
Pass = Callable[[], Any]

#: What each peer needs, by its name.
NEEDS = {"torch": ("torch",), "onnxruntime": ("onnxruntime", "torch", "onnx")}

_RECURRENT = (rnn_tanh, rnn_relu, gru, lstm)


def peer(name: str, graph: Graph, inputs: Sequence[np.ndarray], threads: int) -> Pass:
    """One forward pass of the graph on these inputs by a peer. Raises InputError where it is not installed."""
    missing = [package for package in NEEDS[name] if find_spec(package) is None]
    if missing:
        raise InputError(
            f"{name} cannot be compared with: {' and '.join(missing)} is not installed",
            hint=f"pip install {' '.join(missing)}, or leave {name} out of --against",
        )
    import torch

    torch.set_num_threads(threads)
    module, tensors = _module(graph), [torch.from_numpy(array) for array in inputs]
    if name == "onnxruntime":
        return _onnxruntime(module, tensors, threads)

    def run() -> Any:
        with torch.inference_mode():
            return module(*tensors)

    return run


def _function(node: Node) -> Callable[..., Any]:
    """PyTorch's function of the op's name."""
    import torch

    name = node.op.name
    if node.op is getitem:
        return lambda input, index: input[index]
    # view(x, 2, 3): as single numbers only the method takes the sizes
    homes = (torch.Tensor,) if node.op.signature.rest else (torch.nn.functional, torch, torch.Tensor)
    for home in homes:
        function = getattr(home, name, None)
        if callable(function):
            return _from_zeros(function, node) if node.op in _RECURRENT else function
    raise InputError(f"PyTorch has no function {name!r}", hint="leave --against out")


def _from_zeros(function: Callable[..., Any], node: Node) -> Callable[..., Any]:
    """PyTorch's recurrent functions want the first state, where the op takes None for zeros."""
    import torch

    def run(input: Any, hx: Any, *args: Any, **options: Any) -> Any:
        if hx is None:
            zeros = [torch.zeros(value.shape, dtype=input.dtype) for value in node.outputs[1:]]
            hx = zeros if len(zeros) > 1 else zeros[0]
        return function(input, hx, *args, **options)

    return run


def _wants_places(node: Node) -> bool:
    """Whether PyTorch's function, written in C++, gives its arguments no defaults or other names."""
    return node.op is where or node.op in _RECURRENT


def _module(graph: Graph) -> Any:
    """The graph as a torch.nn.Module that calls its nodes in order."""
    import torch

    def tensor(value: Any) -> Any:
        return value if isinstance(value, Value) else torch.nn.Parameter(torch.as_tensor(array_of(value)), False)

    calls = [(node, _function(node), *map_tensors(tensor, node.called(_wants_places(node)))) for node in graph.nodes]

    class Calls(torch.nn.Module):  # type: ignore[misc]  # torch may be missing, and is never looked into
        def forward(self, *inputs: Any) -> Any:
            known = dict(zip(graph.inputs, inputs, strict=True))

            def look(value: Any) -> Any:
                return known[value] if isinstance(value, Value) else value

            for node, function, args, options in calls:
                result = function(*map_tensors(look, args), **map_tensors(look, options))
                known.update(zip(node.outputs, result if node.returns_many else (result,), strict=True))
            return tuple(known[value] for value in graph.outputs)

    return Calls().eval()


def _onnxruntime(module: Any, tensors: list[Any], threads: int) -> Pass:
    import onnxruntime
    import torch

    file = io.BytesIO()
    try:
        with warnings.catch_warnings(), silent():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, tuple(tensors), file, dynamo=False)
    except Exception as error:  # of whatever kind: PyTorch's exporter has many
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"PyTorch cannot export this model to ONNX: {reason}", hint="leave onnxruntime out of --against"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options)
    feed = {entry.name: tensor.numpy() for entry, tensor in zip(session.get_inputs(), tensors, strict=True)}
    return lambda: session.run(None, feed)
