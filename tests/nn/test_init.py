"""Initialisers give torch's numbers, at first use or at once; parameters keep them."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbuild.errors import NnbuildError
from nnbuild.nn import init, random
from nnbuild.nn.init import InitError
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.nn.random import Generator

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "init.json").read_text())["cases"]
TOLERANCE = {"orthogonal_": 1e-5, "normal_": 1e-6, "trunc_normal_": 2e-6, "sparse_": 1e-6, "xavier_normal_": 1e-6}
TOLERANCE["kaiming_normal_"] = 1e-6


@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize(("seed", "name", "shape", "options", "values"), GOLDEN, ids=[case[1] for case in GOLDEN])
def test_stored_values(
    lazy: bool, seed: int, name: str, shape: list[int], options: dict[str, Any], values: list[Any]
) -> None:
    random.manual_seed(seed)
    tensor = Parameter.empty(shape) if lazy else np.full(shape, np.nan, np.float32)
    assert getattr(init, name)(tensor, **options) is tensor
    if lazy:
        assert not tensor.is_materialized
    actual = np.asarray(tensor)
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, np.array(values, np.float32), rtol=0, atol=TOLERANCE.get(name, 0) * 5)


def test_every_initialiser_has_a_stored_case() -> None:
    names = {name for name in vars(init) if name.endswith("_") and not name.startswith("_")}
    assert names == {case[1] for case in GOLDEN} and len(names) == 14


def linear(out: int, inp: int) -> tuple[Parameter, Parameter]:
    weight, bias = Parameter.empty((out, inp)), Parameter.empty(out)
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    init.uniform_(bias, -1 / math.sqrt(inp), 1 / math.sqrt(inp))
    return weight, bias


def test_the_last_parameter_may_come_first() -> None:
    random.manual_seed(4)
    eager = [p.data for p in (*linear(5, 3), *linear(2, 5))]
    random.manual_seed(4)
    lazy = [*linear(5, 3), *linear(2, 5)]
    for i in (3, 0, 2, 1):
        assert np.array_equal(lazy[i].data, eager[i])


def test_overwritten_draws_still_take_their_turn() -> None:
    random.manual_seed(4)
    expected = random.default_generator.uniform((8,))
    random.manual_seed(4)
    first, second = Parameter.empty(2), Parameter.empty(3)
    for p in (first, second, first):  # default initialisation, then a rule of the spec
        init.uniform_(p)
    assert np.array_equal(second.data, expected[2:5])
    assert np.array_equal(first.data, expected[5:7])
    init.uniform_(first.data[:1])  # an array is filled at once
    assert np.array_equal(first.data, [expected[7], expected[6]])


def test_nothing_is_drawn_for_replaced_values() -> None:
    generator, ran = Generator(0), []
    p = Parameter.empty(3)
    p.assign(generator.defer(lambda stream: ran.append(1) or stream.uniform((3,))).value)
    p.data = np.ones(3, np.float32)
    assert p.data.tolist() == [1, 1, 1] and not ran
    assert np.array_equal(generator.uniform((1,)), Generator(0).uniform((4,))[3:]) and ran


def test_an_initialised_parameter_is_filled_in_place() -> None:
    p = Parameter(np.zeros((2, 3), np.float32))
    values = p.data
    init.ones_(p)
    assert p.data is values and values.sum() == 6


def test_a_buffer_is_filled_as_well() -> None:
    buffer = init.constant_(Buffer.empty((2, 2), "int64"), 3)
    assert not buffer.is_materialized and buffer.data.tolist() == [[3, 3], [3, 3]]
    twin = copy.deepcopy(buffer.convert_("float32"))
    assert twin.persistent and twin.dtype == twin.data.dtype.name == "float32"


def test_an_explicit_generator_draws() -> None:
    p = init.uniform_(Parameter.empty(3), generator=Generator(8))
    assert np.array_equal(p.data, Generator(8).uniform((3,)))


def test_calculate_gain() -> None:
    assert [init.calculate_gain(name) for name in ("linear", "sigmoid", "conv_transpose2d")] == [1, 1, 1]
    assert init.calculate_gain("tanh") == 5 / 3 and init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("relu", 3) == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 1) == 1
    assert init.calculate_gain("leaky_relu") == init.calculate_gain("leaky_relu", 0.01)


W = np.zeros((4, 3), np.float32)
REFUSED: list[tuple[Any, str]] = [
    (lambda: init.calculate_gain("reluu"), "no gain is known for the nonlinearity 'reluu' .did you mean relu"),
    (lambda: init.calculate_gain("swish"), "no gain is known for the nonlinearity 'swish' .one of linear, conv1d"),
    (lambda: init.calculate_gain("leaky_relu", True), "the negative slope of leaky_relu is a number, got True"),
    (lambda: init.uniform_(W, 2, 1), "uniform numbers want low <= high, got low=2 and high=1"),
    (
        lambda: init.uniform_(np.zeros(3, int)),
        "random numbers have a dtype of float16, float32, float64 or a complex one; got int64",
    ),
    (lambda: init.normal_(W, std=-1), "normal numbers want std >= 0, got -1"),
    (lambda: init.trunc_normal_(W, std=0), "trunc_normal_ wants std > 0, got 0"),
    (lambda: init.trunc_normal_(W, a=1, b=-1), "uniform numbers want low <= high, got low=1 and high=-1"),
    (lambda: init.eye_(W[0]), r"eye_ wants a matrix .2 axes., got the shape \(3,\)"),
    (lambda: init.sparse_(W[None], 0.1), r"sparse_ wants a matrix .2 axes., got the shape \(1, 4, 3\)"),
    (lambda: init.dirac_(W), r"dirac_ wants a convolution weight of 3, 4 or 5 axes, got the shape \(4, 3\)"),
    (lambda: init.dirac_(W[..., None], 3), "dirac_ wants groups that divide the 4 output channels, got 3"),
    (lambda: init.dirac_(W[..., None], 0), "dirac_ wants groups that divide the 4 output channels, got 0"),
    (lambda: init.xavier_normal_(W[0]), r"xavier_normal_ wants a weight of 2 axes or more to count its inputs, got"),
    (lambda: init.kaiming_uniform_(W[0]), r"kaiming_uniform_ wants a weight of 2 axes or more .* got the shape \(3,\)"),
    (lambda: init.kaiming_normal_(W, mode="fan"), "kaiming_normal_ wants the mode fan_in or fan_out, got 'fan'"),
    (lambda: init.orthogonal_(W[0]), r"orthogonal_ wants 2 axes or more, got the shape \(3,\)"),
    (lambda: init.orthogonal_(W.astype("float16")), "orthogonal_ works in float32 and float64, got float16"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:24] for _, message in REFUSED])
def test_what_cannot_be_right_is_refused_at_once(call: Any, message: str) -> None:
    with pytest.raises(InitError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, NnbuildError)


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="kaiming_uniform_ leaves a tensor without elements as it is"):
        init.kaiming_uniform_(np.zeros((0, 3), np.float32))
    with pytest.warns(UserWarning, match="the mean 9 is more than 2 std from"):
        init.trunc_normal_(np.zeros(3, np.float32), mean=9)


def test_tensors_without_elements_draw_nothing() -> None:
    random.manual_seed(1)
    for initialise in (init.uniform_, init.normal_, init.xavier_uniform_, init.orthogonal_):
        initialise(Parameter.empty((0, 0))).data  # noqa: B018
    assert np.array_equal(random.default_generator.uniform((1,)), Generator(1).uniform((1,)))


def test_a_parameter_knows_itself_without_values() -> None:
    p = Parameter.empty([4, 3], "float64", requires_grad=False)
    assert (p.shape, p.dtype, p.ndim, p.numel(), p.nbytes, len(p)) == ((4, 3), "float64", 2, 12, 96, 4)
    assert not p.requires_grad and p.requires_grad_() is p and p.requires_grad
    assert Parameter.empty((2, 2), "bool").nbytes == 4
    assert not p.is_materialized
    assert p.data.dtype == np.float64 and not p.data.any() and p.is_materialized


def test_a_parameter_of_given_values() -> None:
    array = np.arange(3.0)
    p = Parameter(array)
    assert p.data is array and p.dtype == "float64" and p.detach() is array and p.numpy() is array
    assert Parameter([1.0, 2.0]).dtype == "float32" and Parameter([1, 2], requires_grad=False).dtype == "int64"
    assert Parameter(p).data is array
    p.data[...] = 7
    assert array.tolist() == [7, 7, 7]
    p.data = [[1.5]]
    assert (p.shape, p.dtype) == ((1, 1), "float32")
    assert repr(p) == "Parameter containing:\narray([[1.5]], dtype=float32)"
    assert np.asarray(p) is p.data and np.asarray(p, np.float64).dtype == np.float64
    assert np.array(p) is not p.data
    with pytest.raises(TypeError, match="a tensor without axes has no length"):
        len(Parameter(1.0))


def test_copies_of_a_lazy_parameter_equal_it_and_are_independent() -> None:
    random.manual_seed(6)
    p = init.normal_(Parameter.empty((4, 5)))
    p.modify(lambda values: values.__setitem__(0, 0))
    clones = [copy.deepcopy(p) for _ in range(2)]
    clones.append(copy.deepcopy(clones[0]))
    assert not any(q.is_materialized for q in (p, *clones))
    clones[0].modify(lambda values: values.__setitem__(1, 1))
    p.data[...] = 9
    assert np.array_equal(clones[1].data, clones[2].data)
    assert not clones[1].data[0].any() and clones[1].data[1:].all()
    assert clones[0].data[1].tolist() == [1] * 5 and np.array_equal(clones[0].data[2:], clones[1].data[2:])
    assert len({id(q.data) for q in (p, *clones)}) == 4
    late = copy.deepcopy(p)
    late.data[...] = 0
    assert p.data.min() == 9
    p.modify(lambda values: values.fill(2))
    assert p.data.max() == 2


def test_a_dtype_changes_lazily() -> None:
    random.manual_seed(6)
    p = init.uniform_(Parameter.empty(4))
    q = p.to("float64")
    assert p.to("float32") is p and q.dtype == "float64" and not p.is_materialized and not q.is_materialized
    p.data[...] = 5
    assert np.array_equal(q.data, Generator(6).uniform((4,)).astype("float64"))
    assert p.astype("float16").data.tolist() == [5] * 4


def test_pickle_keeps_values() -> None:
    random.manual_seed(6)
    p = pickle.loads(pickle.dumps(init.uniform_(Parameter.empty(4, requires_grad=False))))
    assert np.array_equal(p.data, Generator(6).uniform((4,))) and not p.requires_grad


def test_values_die_with_their_parameter() -> None:
    p = init.sparse_(Parameter.empty((5, 4)), 0.5)
    values = weakref.ref(p.data)
    del p
    assert values() is None


def test_the_import_and_lazy_building_need_no_numpy() -> None:
    code = (
        "import sys; from nnbuild.nn import init, parameter as p; w = p.Parameter.empty((9, 9)); "
        "[f(w) for f in (init.kaiming_uniform_, init.orthogonal_, init.trunc_normal_, init.eye_, init.zeros_)]; "
        "init.sparse_(w, 0.1); init.dirac_(p.Parameter.empty((4, 4, 3))); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


@pytest.mark.torch
@pytest.mark.parametrize("seed", [0, 1, 42])
def test_layers_in_order_equal_torch_bit_by_bit(seed: int) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(seed)
    layers = [torch.nn.Conv2d(3, 7, 5), torch.nn.Linear(33, 129), torch.nn.Conv1d(4, 6, 3, groups=2)]
    layers += [torch.nn.Embedding(11, 5), torch.nn.Linear(1, 1), torch.nn.ConvTranspose2d(3, 5, 2)]
    random.manual_seed(seed)
    ours = []
    for layer in layers:
        weight = Parameter.empty(layer.weight.shape)
        if isinstance(layer, torch.nn.Embedding):
            ours.append((layer.weight, init.normal_(weight)))
            continue
        init.kaiming_uniform_(weight, a=math.sqrt(5))
        bound = 1 / math.sqrt(math.prod(weight.shape[1:]))
        bias = init.uniform_(Parameter.empty(layer.bias.shape), -bound, bound)
        ours += [(layer.weight, weight), (layer.bias, bias)]
    for expected, actual in reversed(ours):
        exact = tuple(expected.shape) != (11, 5)
        np.testing.assert_allclose(actual.data, expected.detach().numpy(), rtol=0, atol=0 if exact else 2e-6)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", GOLDEN, ids=[case[1] for case in GOLDEN])
def test_every_initialiser_equals_torch_and_leaves_its_stream(case: list[Any], dtype: str) -> None:
    torch = pytest.importorskip("torch")
    _, name, shape, options, _ = case
    torch.manual_seed(77)
    random.manual_seed(77)
    large = [*(size * 3 for size in shape[:2]), *shape[2:]]
    for size in (shape, large):
        expected = getattr(torch.nn.init, name)(torch.empty(size, dtype=getattr(torch, dtype)), **options).numpy()
        actual = getattr(init, name)(Parameter.empty(size, dtype), **options).data
        assert actual.dtype == expected.dtype
        scale = 1e-9 if dtype == "float64" else 5.0
        np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE.get(name, 0) * scale)
    assert np.array_equal(random.default_generator.uniform((2,)), torch.rand(2).numpy())


@pytest.mark.torch
def test_sparse_zeros_come_from_the_default_generator() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(5)
    random.manual_seed(5)
    expected = torch.nn.init.sparse_(torch.empty(50, 20), 0.3, generator=torch.Generator().manual_seed(9)).numpy()
    actual = init.sparse_(Parameter.empty((50, 20)), 0.3, generator=Generator(9)).data
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-7)


@pytest.mark.torch
def test_refused_where_torch_refuses() -> None:
    torch = pytest.importorskip("torch")
    calls: list[tuple[str, list[int], dict[str, Any]]] = [
        ("eye_", [3], {}),
        ("sparse_", [3], {"sparsity": 0.1}),
        ("dirac_", [3, 3], {}),
        ("dirac_", [4, 3, 3], {"groups": 3}),
        ("orthogonal_", [3], {}),
        ("xavier_uniform_", [3], {}),
        ("kaiming_normal_", [3, 3], {"mode": "x"}),
        ("kaiming_normal_", [3, 3], {"nonlinearity": "x"}),
    ]
    for name, shape, options in calls:
        with pytest.raises(ValueError):
            getattr(torch.nn.init, name)(torch.empty(shape), **options)
        with pytest.raises(ValueError):
            getattr(init, name)(Parameter.empty(shape), **options)
