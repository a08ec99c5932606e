"""A network as an ONNX model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nnbuild import __version__
from nnbuild.errors import InputError, SpecError
from nnbuild.exchange.onnx.dtypes import NUMBERS
from nnbuild.exchange.onnx.file import WITHOUT_WEIGHTS
from nnbuild.exchange.onnx.package import package
from nnbuild.exchange.onnx.writing import elementwise, indices, products, reductions, shapes, windows
from nnbuild.exchange.onnx.writing.emitters import write_node
from nnbuild.exchange.onnx.writing.folding import fold_constants, fold_norms
from nnbuild.exchange.onnx.writing.graph import GraphWriter
from nnbuild.exchange.onnx.writing.sizes import Axis, Length, Traces
from nnbuild.graph.graph import Value
from nnbuild.graph.names import result_names
from nnbuild.graph.trace import trace
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import StoredTensor
from nnbuild.ops.spec import TensorSpec
from nnbuild.spec.build.stated import BATCH, Input

_FAMILIES = (elementwise, indices, products, reductions, shapes, windows)  # importing them fills the table of emitters

#: The oldest operators that are written, and those that are where nothing is said.
OLDEST, USUAL = 13, 17

#: Samples in the trace: more than one, so that nothing takes the batch for an axis of size 1.
_SAMPLES = 2


class Written(NamedTuple):
    """A model without its weights' values, and these. Params: tensors, arrays or the network's tensors by name."""

    model: Any
    tensors: dict[str, Any]


def write_model(
    network: Module,
    inputs: Sequence[Input],
    *,
    name: str = "network",
    opset: int = USUAL,
    weights: bool = True,
    dynamic: bool = False,
    fold: bool = False,
) -> Written:
    """The network in evaluation mode as an ONNX model.

    Params: opset, version of the operators; weights, with the values of the weights; dynamic, leave all free axes
    open and not the batch alone; fold, put batch norms into the convolutions before them.
    Raises: SpecError for what ONNX has not.
    """
    _check_opset(opset)
    if not inputs:
        raise SpecError("the spec states no input, so nothing can be written", hint="write `input: [N, 3, 224, 224]`")
    traces = traces_of(network, inputs, dynamic)
    keys = {id(tensor): key for key, tensor in reversed(list(network.state_dict(keep_vars=True).items()))}
    graph = GraphWriter(traces, keys, opset)
    for value, given in zip(traces.graphs[0].inputs, inputs, strict=True):
        graph.names[id(value)] = graph.unused(given.name)
    fold_constants(graph)
    skipped = fold_norms(graph) if fold else {}
    for node in traces.graphs[0].nodes:
        if all(id(output) in graph.folded or id(output) in graph.names for output in node.outputs):
            continue
        write_node(graph, node)
        follower = skipped.get(id(node.output))
        if follower is not None:
            graph.names[id(follower)] = graph.names[id(node.output)]
    outputs = _outputs(graph)
    return _model(graph, inputs, outputs, name, weights)


def _check_opset(opset: int) -> None:
    newest = package().defs.onnx_opset_version()
    if not OLDEST <= opset <= newest:
        raise InputError(f"the opset may be from {OLDEST} to {newest}, which the package onnx knows, not {opset}")


def traces_of(network: Module, inputs: Sequence[Input], dynamic: bool) -> Traces:
    """Traces of the network, from which it shows what hangs on the batch and on the free axes."""
    axes: dict[str, Axis] = {}
    for place, given in enumerate(inputs):
        for at, size in enumerate(given.shape):
            if size == BATCH and BATCH not in axes:
                axes[BATCH] = Axis(BATCH, _SAMPLES, place, at)
            elif isinstance(size, str) and dynamic and size not in axes:
                axes[size] = Axis(size, given.free[size], place, at)
    graphs = []
    for sizes in Traces.sizes(list(axes.values())):
        batch, free = sizes.get(BATCH, 1), {name: size for name, size in sizes.items() if name != BATCH}
        graphs.append(trace(network, *(TensorSpec(given.sized(batch, free), given.dtype) for given in inputs)))
    return Traces(graphs, list(axes.values()))


def _outputs(graph: GraphWriter) -> list[tuple[str, Value]]:
    """The outputs by name; what is an input or a constant, or comes out twice, goes through an Identity."""
    first = graph.traces.graphs[0]
    graph._path = ""
    made = {name for node in graph.nodes for name in node.output}
    found: list[tuple[str, Value]] = []
    renamed: dict[str, str] = {}
    for wanted, value in zip(result_names(first.result), first.outputs, strict=True):
        own, name = graph.name_of(value), graph.unused(wanted)
        if own in made and own not in renamed:
            renamed[own] = name
        else:
            graph.nodes.append(package().helper.make_node("Identity", [own], [name], graph.unused("/Identity")))
        found.append((name, value))
    for node in graph.nodes:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = renamed.get(name, name)
    return found


def _model(
    graph: GraphWriter, inputs: Sequence[Input], outputs: Sequence[tuple[str, Value]], name: str, weights: bool
) -> Written:
    onnx = package()
    helper = onnx.helper
    first = graph.traces.graphs[0]
    used = {name for node in graph.nodes for name in node.input}
    own = set(graph.stored) | graph.weights
    tensors: dict[str, Any] = {key: tensor for key, tensor in (graph.stored | graph.constants).items() if key in used}
    constants = {key: tensors.pop(key) for key in list(tensors) if key not in own}
    given = [_typed(graph, graph.names[id(value)], value.dtype, graph.traces.shape(value)) for value in first.inputs]
    left_out = [] if weights else list(tensors)
    given += [_typed(graph, key, str(tensors[key].dtype), tensors[key].shape) for key in left_out]
    made = helper.make_graph(
        [*(_constant(key, array) for key, array in constants.items()), *graph.nodes], name, given,
        [_typed(graph, name, value.dtype, graph.traces.shape(value)) for name, value in outputs],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", graph.opset)]
    model = helper.make_model(
        made, opset_imports=opsets, producer_name="nnbuild", producer_version=__version__,
        ir_version=helper.find_min_ir_version_for(opsets),
    )  # fmt: skip
    if left_out:
        helper.set_model_props(model, {WITHOUT_WEIGHTS: " ".join(left_out)})
    return Written(model, {key: tensor for key, tensor in tensors.items() if key not in left_out})


def _constant(name: str, array: np.ndarray) -> Any:
    """A node that gives an array: a constant that is no weight of the network."""
    onnx = package()
    value = onnx.numpy_helper.from_array(array, name)
    return onnx.helper.make_node("Constant", [], [name], name, value=value)


def _typed(graph: GraphWriter, name: str, dtype: str, shape: Sequence[Length]) -> Any:
    """A tensor's name, dtype and shape; a size that is an axis of the inputs has its name, another is left open."""
    dims: list[int | str | None] = []
    for size in shape:
        terms = None if isinstance(size, int) else graph.traces.terms(size)
        plain = terms is not None and terms[1] == 0 and list(terms[0].values()) == [1]
        dims.append(size if isinstance(size, int) else next(iter(terms[0])) if plain and terms else None)
    return package().helper.make_tensor_value_info(name, NUMBERS[dtype], dims)


def values_of(tensor: Any) -> np.ndarray:
    """The values of a tensor that is written."""
    return np.asarray(tensor.data if isinstance(tensor, StoredTensor) else tensor, order="C")


def size_of(tensors: Mapping[str, Any]) -> int:
    """Bytes of all the values."""
    return sum(int(tensor.nbytes) for tensor in tensors.values())
