"""Reading: the tree of modules, what is folded, and numbers beside those of ONNX's own evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.errors import DataError, SpecError
from nnbuild.exchange.onnx.reading import read_proto
from tests.exchange.onnx.models import TensorProto, helper, model, node, onnx, reference, saved, tensor

RANDOM = np.random.default_rng(0)


def drawn(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


WEIGHTS = {
    "features.0.weight": drawn(4, 3, 3, 3),
    "features.0.bias": drawn(4),
    "bn.weight": drawn(4), "bn.bias": drawn(4), "bn.running_mean": drawn(4), "bn.running_var": np.abs(drawn(4)),
    "fc.weight": drawn(5, 4), "fc.bias": drawn(5),
}  # fmt: skip


def small(**more: Any) -> Any:
    """A network as PyTorch's exporter names it."""
    nodes = [
        node("Conv", ["image", "features.0.weight", "features.0.bias"], ["a"], "/features/features.0/Conv",
             pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", ["a"], ["b"], "/features/features.1/Relu"),
        node("BatchNormalization", ["b", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"], ["c"],
             "/bn/BatchNormalization"),
        node("Shape", ["c"], ["shape"], "/Shape"),
        node("Constant", [], ["zero"], "/Constant", value=onnx.numpy_helper.from_array(np.array(0, np.int64))),
        node("Gather", ["shape", "zero"], ["count"], "/Gather"),
        node("Unsqueeze", ["count", "axis"], ["counts"], "/Unsqueeze"),
        node("Concat", ["counts", "rest"], ["sizes"], "/Concat", axis=0),
        node("GlobalAveragePool", ["c"], ["d"], "/pool/GlobalAveragePool"),
        node("Reshape", ["d", "sizes"], ["e"], "/Reshape"),
        node("Gemm", ["e", "fc.weight", "fc.bias"], ["scores"], "/fc/Gemm", transB=1),
    ]  # fmt: skip
    weights = {**WEIGHTS, "axis": np.array([0]), "rest": np.array([-1])}
    return model(nodes, [tensor("image", ["batch", 3, 8, 8])], [tensor("scores", ["batch", 5])], weights, **more)


def test_the_tree_is_that_of_the_names() -> None:
    network = read_proto(small())
    kinds = {path: type(module).__name__ for path, module in network.named_modules() if path}
    assert kinds == {
        "features": "Sequential", "features.0": "Conv2d", "features.1": "ReLU", "bn": "BatchNorm2d",
        "pool": "AdaptiveAvgPool2d", "fc": "Linear",
    }  # fmt: skip
    keys = set(network.state_dict())
    assert keys == {*WEIGHTS, "bn.num_batches_tracked"}
    assert not network.training


@pytest.mark.parametrize("batch", [1, 3])
def test_numbers_are_those_of_onnx(batch: int) -> None:
    proto, x = small(), drawn(batch, 3, 8, 8)
    expected = reference(proto, image=x)[0]
    network = read_proto(proto)
    np.testing.assert_allclose(network(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(nnbuild.compile(network)(x), expected, rtol=1e-4, atol=1e-5)


def test_shape_arithmetic_leaves_one_reshape(tmp_path: Path) -> None:
    network = nnbuild.load(saved(small(), tmp_path))
    graph = nnbuild.trace(network, nnbuild.TensorSpec((2, 3, 8, 8)))
    assert [each.op.name for each in graph.nodes] == [
        "conv2d", "relu", "batch_norm", "adaptive_avg_pool2d", "reshape", "linear",
    ]  # fmt: skip


def test_no_weight_is_read_for_a_trace(tmp_path: Path) -> None:
    network = nnbuild.load(saved(small(), tmp_path))
    nnbuild.trace(network, nnbuild.TensorSpec((2, 3, 8, 8)))
    assert not any(parameter.is_materialized for parameter in network.parameters())


def test_symbolic_axes_become_n_and_names() -> None:
    proto = model([node("Relu", ["x.1"], ["y"])], [tensor("x.1", ["b", 3, "height", None])], [tensor("y", None)])
    network = read_proto(proto)
    assert network.spec is not None
    (given,) = network.spec.inputs
    assert (given.name, given.shape) == ("x_1", ("N", 3, "height", "axis3"))
    assert given.free == {"height": 224, "axis3": 224}


def test_names_of_weights_place_layers_where_nodes_have_none() -> None:
    nodes = [
        node("Conv", ["x", "body.0.weight"], ["a"], "Conv_0"),
        node("Relu", ["a"], ["b"], "Relu_1"),
        node("Conv", ["b", "body.2.weight"], ["y"], "Conv_2"),
    ]
    weights = {"body.0.weight": drawn(2, 1, 3, 3), "body.2.weight": drawn(1, 2, 3, 3)}
    network = read_proto(model(nodes, [tensor("x", [1, 1, 8, 8])], [tensor("y", None)], weights))
    assert [path for path, _ in network.named_modules() if path] == ["body", "body.0", "body.Relu_1", "body.2"]


def test_a_layer_that_is_called_twice_is_one() -> None:
    nodes = [
        node("Gemm", ["x", "fc.weight"], ["a"], "/fc/Gemm", transB=1),
        node("Gemm", ["a", "fc.weight"], ["y"], "/fc_1/Gemm", transB=1),
    ]
    proto = model(nodes, [tensor("x", [1, 4])], [tensor("y", None)], {"fc.weight": drawn(4, 4)})
    network = read_proto(proto)
    assert list(network.state_dict()) == ["fc.weight"]
    x = drawn(1, 4)
    np.testing.assert_allclose(network(x), reference(proto, x=x)[0], rtol=1e-4)


def test_a_product_and_a_sum_are_a_linear_layer() -> None:
    nodes = [
        node("MatMul", ["x", "onnx::MatMul_3"], ["a"], "/fc/MatMul"),
        node("Add", ["fc.bias", "a"], ["y"], "/fc/Add"),
    ]
    weights = {"onnx::MatMul_3": drawn(4, 6), "fc.bias": drawn(6)}
    proto = model(nodes, [tensor("x", [1, 3, 4])], [tensor("y", None)], weights)
    network = read_proto(proto)
    assert repr(network.fc) == "Linear(in_features=4, out_features=6, bias=True)"
    x = drawn(1, 3, 4)
    np.testing.assert_allclose(network(x), reference(proto, x=x)[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_recurrent_layers(kind: str, direction: str) -> None:
    gates, ways = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind], 2 if direction == "bidirectional" else 1
    weights = {"W": drawn(ways, gates * 5, 3), "R": drawn(ways, gates * 5, 5), "B": drawn(ways, gates * 10)}
    more = {"linear_before_reset": 1} if kind == "GRU" else {}
    made = node(kind, ["x", "W", "R", "B"], ["y", "last"], hidden_size=5, direction=direction, **more)
    proto = model([made], [tensor("x", [4, 2, 3])], [tensor("y", None), tensor("last", None)], weights)
    network, x = read_proto(proto), drawn(4, 2, 3)
    if direction == "forward":  # ONNX's evaluator knows one direction only
        for own, expected in zip(network(x), reference(proto, x=x), strict=True):
            np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-5)
        return
    alone = {name: array[:1] for name, array in weights.items()}
    one = node(kind, ["x", "W", "R", "B"], ["y"], hidden_size=5, **more)
    single = model([one], [tensor("x", [4, 2, 3])], [tensor("y", None)], alone)
    wanted = reference(single, x=x if ways == 2 else x[::-1].copy())[0][:, 0]
    found = network(x)[0][:, 0]
    np.testing.assert_allclose(found if ways == 2 else found[::-1], wanted, rtol=1e-4, atol=1e-5)


def test_constant_branches_are_taken_and_others_wait_for_the_data() -> None:
    then = helper.make_graph([node("Relu", ["x"], ["t"])], "then", [], [tensor("t", None)])
    other = helper.make_graph([node("Neg", ["x"], ["e"])], "else", [], [tensor("e", None)])
    made = node("If", ["flag"], ["y"], then_branch=then, else_branch=other)
    x = drawn(2, 3)
    fixed = model([made], [tensor("x", [2, 3])], [tensor("y", None)], {"flag": np.array(False)})
    np.testing.assert_array_equal(read_proto(fixed)(x), -x)
    open_ = model([made], [tensor("x", [2, 3]), tensor("flag", [], TensorProto.BOOL)], [tensor("y", None)])
    network = read_proto(open_)
    np.testing.assert_array_equal(network(x, np.array(True)), np.maximum(x, 0))
    np.testing.assert_array_equal(nnbuild.compile(network)(x, np.array(True)), np.maximum(x, 0))
    with pytest.raises(DataError, match="If takes its condition from the data"):
        nnbuild.trace(network, nnbuild.TensorSpec((2, 3)), nnbuild.TensorSpec((), "bool"))


def test_a_loop_and_a_scan() -> None:
    body = helper.make_graph(
        [node("Add", ["sum", "x"], ["next"]), node("Identity", ["going"], ["further"]),
         node("Identity", ["next"], ["row"])],
        "body",
        [tensor("turn", [], TensorProto.INT64), tensor("going", [], TensorProto.BOOL), tensor("sum", [2])],
        [tensor("further", [], TensorProto.BOOL), tensor("next", [2]), tensor("row", [2])],
    )  # fmt: skip
    made = node("Loop", ["count", "", "x"], ["total", "rows"], body=body)
    proto = model([made], [tensor("x", [2])], [tensor("total", [2]), tensor("rows", None)], {"count": np.array(3)})
    total, rows = read_proto(proto)(np.array([1, 2], np.float32))
    assert total.tolist() == [4, 8]
    assert rows.tolist() == [[2, 4], [3, 6], [4, 8]]


def test_functions_of_the_model_are_expanded() -> None:
    square = helper.make_function(
        "own", "Square", ["v"], ["w"], [node("Mul", ["v", "v"], ["s"]), node("Elu", ["s"], ["w"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    proto = model([node("Square", ["x"], ["y"], domain="own")], [tensor("x", [3])], [tensor("y", [3])])
    proto.functions.append(square)
    proto.opset_import.append(helper.make_opsetid("own", 1))
    assert read_proto(proto)(np.array([1, -2, 3], np.float32)).tolist() == [1, 4, 9]


def test_uneven_padding_is_kept_in_a_layer() -> None:
    made = node("Conv", ["x", "conv.weight"], ["y"], pads=[0, 1, 1, 0])
    proto = model([made], [tensor("x", [1, 2, 5, 5])], [tensor("y", None)], {"conv.weight": drawn(3, 2, 2, 2)})
    network, x = read_proto(proto), drawn(1, 2, 5, 5)
    assert type(network.conv).__name__ == "Conv2d"
    np.testing.assert_allclose(network(x), reference(proto, x=x)[0], rtol=1e-4, atol=1e-6)


def test_external_data_is_read_where_it_is_used(tmp_path: Path) -> None:
    proto = small()
    onnx.save_model(proto, tmp_path / "net.onnx", save_as_external_data=True, location="net.bin", size_threshold=0)
    network, x = nnbuild.load(tmp_path / "net.onnx"), drawn(2, 3, 8, 8)
    np.testing.assert_allclose(network(x), reference(small(), image=x)[0], rtol=1e-4, atol=1e-5)


def test_weights_may_be_left_out_and_given(tmp_path: Path) -> None:
    path = saved(small(), tmp_path)
    np.savez(tmp_path / "other.npz", **{name: array * 0 for name, array in WEIGHTS.items()})
    assert nnbuild.load(path, weights=False).state_dict()["fc.bias"].shape == (5,)
    given = nnbuild.load(path, weights=tmp_path / "other.npz")
    assert not given(drawn(1, 3, 8, 8)).any()


@pytest.mark.parametrize("given", [{"params": {"a": 1}}, {"variant": "a"}, {"choose": {"a": 1}}])
def test_there_are_no_params_in_a_file(tmp_path: Path, given: Any) -> None:
    with pytest.raises(SpecError, match="only a spec has"):
        nnbuild.load(saved(small(), tmp_path), **given)


def test_paths_and_classes_in_the_metadata_of_pytorchs_newer_exporter() -> None:
    nodes = [
        node("Conv", ["x", "body.conv.weight"], ["a"], "node_conv2d"),
        node("Relu", ["a"], ["b"], "node_relu"),
        node("Add", ["a", "b"], ["y"], "node_add"),
    ]
    scopes = [["", "body", "body.conv", "conv2d"], ["", "body", "body.act", "relu"], ["", "body", "add"]]
    kinds = [["net.Net", "net.Body", "torch.nn.modules.conv.Conv2d", "aten.conv2d"],
             ["net.Net", "net.Body", "torch.nn.modules.activation.ReLU", "aten.relu"],
             ["net.Net", "net.Body", "aten.add"]]  # fmt: skip
    for made, names, classes in zip(nodes, scopes, kinds, strict=True):
        made.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=repr(names))
        made.metadata_props.add(key="pkg.torch.onnx.class_hierarchy", value=repr(classes))
    weights = {"body.conv.weight": drawn(2, 1, 3, 3)}
    network = read_proto(model(nodes, [tensor("x", [1, 1, 8, 8])], [tensor("y", None)], weights))
    found = {path: type(module).__name__ for path, module in network.named_modules() if path}
    assert found == {"body": "Body", "body.conv": "Conv2d", "body.act": "ReLU"}


def test_a_group_that_is_left_and_come_back_to() -> None:
    nodes = [
        node("Gemm", ["x", "a.fc.weight"], ["h"], "/a/fc/Gemm", transB=1),
        node("Relu", ["h"], ["r"], "/act/Relu"),
        node("Gemm", ["r", "a.out.weight"], ["y"], "/a/out/Gemm", transB=1),
    ]
    weights = {"a.fc.weight": drawn(4, 4), "a.out.weight": drawn(4, 4)}
    proto = model(nodes, [tensor("x", [2, 4])], [tensor("y", None)], weights)
    network, x = read_proto(proto), drawn(2, 4)
    np.testing.assert_allclose(network(x), reference(proto, x=x)[0], rtol=1e-4, atol=1e-6)
    assert [path for path, _ in network.named_modules() if path] == ["a", "a.fc", "a.out", "act"]
    np.testing.assert_allclose(nnbuild.compile(network)(x), network(x), rtol=1e-5)
