"""Files that are broken, hostile or beyond what nnbuild has: a message that names file and node, and no traceback."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.errors import InputError, NnbuildError, SpecError, WeightError
from nnbuild.exchange.onnx.reading import read_proto
from tests.cli.conftest import Run, run  # noqa: F401  a fixture
from tests.exchange.onnx.models import TensorProto, helper, model, node, saved, tensor
from tests.exchange.onnx.test_reading import small

X, Y = tensor("x", [2, 3]), tensor("y", None)


def of(*nodes: Any, weights: Any = None, opset: int = 17) -> Any:
    return model(nodes, [X], [Y], weights, opset)


def without_opset() -> Any:
    proto = of(node("Relu", ["x"], ["y"]))
    proto.opset_import[0].version = 9999
    return proto


def of_domain() -> Any:
    proto = of(node("Fused", ["x"], ["y"], "fused", domain="com.example"))
    proto.opset_import.append(helper.make_opsetid("com.example", 1))
    return proto


def stored(**facts: Any) -> Any:
    """A model whose weight's message has these fields."""
    proto = of(node("Add", ["x", "w"], ["y"]), weights={"w": np.ones((2, 3), np.float32)})
    weight = proto.graph.initializer[0]
    for name, value in facts.items():
        if name == "dims":
            weight.dims[:] = value
        else:
            setattr(weight, name, value)
    return proto


def external(location: str, **facts: int) -> Any:
    proto = stored(raw_data=b"", data_location=1)
    for key, value in {"location": location, **facts}.items():
        proto.graph.initializer[0].external_data.add(key=key, value=str(value))
    return proto


REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("unknown op", lambda: of(node("Foo", ["x"], ["y"], "the_foo")),
     "net.onnx: the node 'the_foo' (Foo) cannot be read: version 17 has no such operator"),
    ("op of a later version", lambda: of(node("Gelu", ["x"], ["y"])),
     "net.onnx: the node number 0 (Gelu) cannot be read: version 17 has no such operator"),
    ("left out", lambda: model([node("TfIdfVectorizer", ["x"], ["y"], "count", mode="TF", max_gram_length=1,
                                     max_skip_count=0, min_gram_length=1, ngram_counts=[0], ngram_indexes=[0])],
                               [X], [Y]),
     "the node 'count' (TfIdfVectorizer) cannot be read: it is none of the operators that nnbuild has"),
    ("unknown domain", of_domain,
     "the node 'fused' (com.example.Fused) cannot be read: version 1 has no such operator"),
    ("domain without version", lambda: of(node("Fused", ["x"], ["y"], domain="com.example")),
     "the file states no version of the operators of 'com.example'"),
    ("opset", without_opset, "wants version 9999 of ONNX's operators, and the package onnx knows them up to"),
    ("missing input", lambda: of(node("Relu", ["nowhere"], ["y"], "r")),
     "the node 'r' (Relu) cannot be read: its input 'nowhere' is made by no node"),
    ("circle", lambda: of(node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])),
     "the node number 0 (Add) cannot be read: its input 'b' is made only later, or in a circle"),
    ("made twice", lambda: of(node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])),
     "the node number 1 (Neg) cannot be read: its output 'y' is made twice"),
    ("no output", lambda: model([node("Relu", ["x"], ["a"])], [X], [Y]), "the output 'y' is made by no node"),
    ("too many inputs", lambda: of(node("Relu", ["x", "x"], ["y"])), "it wants 1 inputs and gets 2"),
    ("no input", lambda: of(node("Add", ["x", ""], ["y"])), "its input B is missing"),
    ("unknown attribute", lambda: of(node("Relu", ["x"], ["y"], slope=1.0)), "Relu has no attribute 'slope'"),
    ("wrong attribute", lambda: of(node("LeakyRelu", ["x"], ["y"], alpha=2)),
     "its attribute 'alpha' is of a wrong type"),
    ("missing attribute", lambda: of(node("Cast", ["x"], ["y"])), "its attribute 'to' is missing"),
    ("negative size", lambda: stored(dims=[-2, 3]), "the tensor 'w' has the sizes (-2, 3): none may be below 0"),
    ("50 GB in a small file", lambda: stored(dims=[50_000_000_000]),
     "the tensor 'w' should hold 200,000,000,000 bytes, (50000000000,) of float32, and holds 24"),
    ("dtype", lambda: stored(data_type=TensorProto.BFLOAT16), "the tensor 'w' has numbers of the dtype bfloat16"),
    ("external above", lambda: external("../secret"), "at '../secret', outside the folder of the model"),
    ("external absolute", lambda: external("/etc/passwd"), "at '/etc/passwd', outside the folder of the model"),
    ("external missing", lambda: external("gone.bin"), "gone.bin is missing, which holds the values of 'w'"),
    ("external short", lambda: external("net.onnx", offset=10**6), "should be 24 bytes from 1,000,000 on"),
    ("external number", lambda: external("net.onnx", offset=-1), "the offset of 'w' is '-1', not a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "made", "message"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_refused(tmp_path: Path, run: Run, name: str, made: Callable[[], Any], message: str) -> None:  # noqa: F811
    path = saved(made(), tmp_path)
    with pytest.raises(NnbuildError) as caught:
        nnbuild.load(path)
    assert message in caught.value.message
    assert run("summary", path, status=1).stderr.startswith("error: ")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(24))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "w.bin").symlink_to(tmp_path / "secret")
    with pytest.raises(WeightError, match="outside the folder of the model"):
        nnbuild.load(saved(external("w.bin"), tmp_path / "inner"))


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"not protobuf at all", b"\x3a\xff\xff\xff\xff\x0f"])
def test_what_is_no_model_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"net\.onnx is (empty|no ONNX file)"):
        nnbuild.load(path)


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    data = small().SerializeToString()
    for length in range(1, len(data), 61):
        path = tmp_path / "net.onnx"
        path.write_bytes(data[:length])
        with pytest.raises(NnbuildError):
            nnbuild.load(path)


def test_a_wrong_shape_names_the_node() -> None:
    proto = of(node("MatMul", ["x", "w"], ["y"], "product"), weights={"w": np.ones((4, 4, 4), np.float32)})
    with pytest.raises(NnbuildError) as caught:
        read_proto(proto)(np.ones((2, 3), np.float32))
    assert caught.value.notes == ["at the node 'product' (MatMul) in net"]


def test_a_huge_constant_is_not_made_for_a_summary(tmp_path: Path, run: Run) -> None:  # noqa: F811
    nodes = [
        node("ConstantOfShape", ["huge"], ["zeros"]),
        node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        node("Add", ["x", "sum"], ["y"]),
    ]
    path = saved(of(*nodes, weights={"huge": np.array([10**6, 10**6])}), tmp_path)
    assert "(2, 3)" in run("summary", path).stdout


def test_a_loop_without_an_end_is_ended() -> None:
    body = helper.make_graph(
        [node("Identity", ["going"], ["further"]), node("Identity", ["v"], ["w"])], "body",
        [tensor("turn", [], TensorProto.INT64), tensor("going", [], TensorProto.BOOL), tensor("v", [2, 3])],
        [tensor("further", [], TensorProto.BOOL), tensor("w", [2, 3])],
    )  # fmt: skip
    weights = {"most": np.array(2**62), "yes": np.array(True)}
    proto = of(node("Loop", ["most", "yes", "x"], ["y"], body=body), weights=weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnbuild.exchange.onnx.nodes.control._TURNS", 50)
        with pytest.raises(SpecError, match="Loop is at its turn 50 and does not end"):
            read_proto(proto)(np.ones((2, 3), np.float32))


@pytest.mark.filterwarnings("ignore")
def test_changed_bytes_give_a_network_or_a_message(tmp_path: Path) -> None:
    """Also what is read runs or is refused: nothing else comes out of a trace."""
    data = bytearray(small().SerializeToString())
    choice = random.Random(0)
    path = tmp_path / "net.onnx"
    for _ in range(200):
        changed = bytearray(data)
        for _ in range(choice.randint(1, 3)):
            changed[choice.randrange(len(changed))] = choice.randrange(256)
        path.write_bytes(changed)
        try:
            network = nnbuild.load(path)
            assert network.spec is not None
            given = [nnbuild.TensorSpec(each.sized(2), each.dtype) for each in network.spec.inputs]
            nnbuild.trace(network, *given)
        except NnbuildError:
            pass
