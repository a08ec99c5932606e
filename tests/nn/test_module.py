"""Module: registration, attributes, walking the tree, changing all of it; beside torch's where that is installed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.ops import TensorSpec
from tests.nn.scenarios import OURS, Library, outcome, same


def registration(lib: Library) -> list[Any]:
    module = lib.nn.Module()
    module.taken = 1
    facts = []
    for register in (module.register_parameter, module.register_buffer, module.add_module):
        facts += [outcome(lambda name=name, do=register: do(name, None)) for name in ("a.b", "", "taken", 1)]
        facts.append(outcome(lambda do=register: do("p", 3)))
    facts.append(outcome(lambda: module.register_parameter("p", lib.array(2))))
    facts.append(outcome(lambda: module.register_module("p", lib.nn.Linear)))
    return facts


def before_init(lib: Library) -> list[Any]:
    class Forgetful(lib.nn.Module):
        def __init__(self) -> None:
            pass

    values = (lib.parameter(2), lib.nn.Linear(1, 1), lib.buffer(2), 3)
    facts = [outcome(lambda value=value: setattr(Forgetful(), "a", value)) for value in values]
    facts += [outcome(lambda: Forgetful().register_parameter("a", None))]
    facts += [outcome(lambda: Forgetful().register_buffer("a", None)), outcome(lambda: Forgetful().foo)]
    return facts


def _members(module: Any) -> list[Any]:
    dictionaries = (module._parameters, module._buffers, module._modules)
    return [*map(list, dictionaries), sorted(module._non_persistent_buffers_set), "a" in module.__dict__]


def _values(lib: Library) -> list[Any]:
    return [
        lib.parameter(2), lib.nn.Linear(1, 1), lib.buffer(2), lib.buffer(2, persistent=False), lib.array(3), None, 3,
    ]  # fmt: skip


def assignment(lib: Library) -> list[Any]:
    """Every kind of value over every other."""
    facts = []
    for first in range(7):
        for second in range(7):
            module = lib.nn.Module()
            module.a = _values(lib)[first]
            facts.append((outcome(lambda m=module, at=second: setattr(m, "a", _values(lib)[at])), _members(module)))
    return facts


def assignment_to_registered_none(lib: Library) -> list[Any]:
    facts = []
    for at in range(7):
        module = lib.nn.Module()
        module.register_parameter("a", None)
        module.register_buffer("b", None)
        module.register_module("c", None)
        for name in "abc":
            told = outcome(lambda m=module, to=name, at=at: setattr(m, to, _values(lib)[at]))
            facts.append((told, _members(module)))
    return facts


def buffers(lib: Library) -> list[Any]:
    module = lib.nn.Module()
    module.register_buffer("a", lib.array(2), persistent=False)
    module.a = lib.array(3)
    facts = [_members(module)]
    module.a = lib.buffer(2)
    facts.append(_members(module))
    del module.a
    facts += [_members(module), outcome(lambda: module.a), outcome(lambda: delattr(module, "a"))]
    module.register_buffer("a", lib.array(2), False)
    module.a = lib.parameter(2)
    return [*facts, _members(module)]


def network(lib: Library) -> Any:
    """A shared layer, parameter and buffer, and members that are None."""
    linear, module = lib.nn.Linear(2, 2), lib.nn.Module()
    module.a = linear
    module.b = lib.nn.Sequential(linear, lib.nn.Linear(2, 2))
    module.c = None
    module.p = linear.weight
    module.register_module("d", None)
    module.register_buffer("buf", lib.array(1))
    module.b.register_buffer("buf", module.buf)
    return module


def names(lib: Library) -> list[Any]:
    net = network(lib)
    walks = [
        net.named_parameters(), net.named_parameters(remove_duplicate=False), net.named_parameters("pre", False),
        net.named_modules(), net.named_modules(remove_duplicate=False), net.named_modules(prefix="pre"),
        net.named_children(), net.named_buffers(), net.named_buffers(remove_duplicate=False),
    ]  # fmt: skip
    counts = [len(list(walk)) for walk in (net.modules(), net.children(), net.buffers(), net.parameters())]
    return [[name for name, _ in walk] for walk in walks] + [counts, list(net.state_dict(prefix="x."))]


def lookups(lib: Library) -> list[Any]:
    net = network(lib)
    facts = [type(net.get_submodule("b.1")).__name__, net.get_submodule("") is net]
    facts += [outcome(lambda at=at: net.get_submodule(at)) for at in ("b.7", "p", "d", "a.weight", "x.y")]
    facts += [outcome(lambda at=at: net.get_parameter(at)) for at in ("a.foo", "buf", "a", "zz", "zz.x")]
    facts += [outcome(lambda at=at: net.get_buffer(at)) for at in ("a.weight", "zz")]
    return [*facts, net.get_parameter("a.weight") is net.a.weight, net.get_buffer("b.buf") is net.buf]


def replacing(lib: Library) -> list[Any]:
    net, identity = network(lib), lib.nn.Identity()
    targets = ("b.1", "", "b.9.z", "new", "p", "e.f")
    facts = [outcome(lambda at=at: net.set_submodule(at, identity)) for at in targets]
    facts.append(outcome(lambda: net.set_submodule("none", identity, strict=True)))
    facts.append(outcome(lambda: net.set_submodule("a", 3)))
    return [*facts, repr(net)]


def whole_tree(lib: Library) -> list[Any]:
    net, visited = network(lib), []
    facts = [net.apply(lambda module: visited.append(type(module).__name__)) is net, visited]
    facts += [net.eval() is net, net.training, net.b[1].training, net.train().a.training, net.train(False).training]
    facts += [outcome(lambda mode=mode: net.train(mode)) for mode in (1, "x")]
    facts += [net.requires_grad_(False) is net, [parameter.requires_grad for parameter in net.parameters()]]
    return facts


def conversion(lib: Library) -> list[Any]:
    net = network(lib)
    weight = net.p

    def dtypes() -> list[str]:
        return [str(tensor.dtype) for tensor in net.state_dict().values()]

    facts = [dtypes()]
    for convert in (net.double, net.half, net.float, lambda: net.to(lib.dtype("float64")), lambda: net.to("cpu")):
        facts += [convert() is net, dtypes()]
    facts += [net.to("cpu", lib.dtype("float16")) is net, net.to(dtype=lib.dtype("float32")) is net, dtypes()]
    facts += [outcome(lambda: net.to(lib.dtype("int32"))), net.cpu() is net]
    return [*facts, weight is net.p, net.p is net.a.weight]


def printing(lib: Library) -> list[Any]:
    class Lines(lib.nn.Module):
        def extra_repr(self) -> str:
            return "one\ntwo"

    class Word(lib.nn.Module):
        def extra_repr(self) -> str:
            return "single"

    class Empty(lib.nn.Module):
        pass

    outer, word, deep = Lines(), Word(), Empty()
    outer.x, word.c, deep.z = Empty(), Empty(), Empty()
    deep.z.k = Lines()
    return [repr(module) for module in (network(lib), Lines(), outer, word, Word(), Empty(), deep)]


def listing(lib: Library) -> list[Any]:
    net = network(lib)
    wanted = ("a", "b", "c", "d", "p", "buf", "training")
    return [[name for name in dir(net) if name in wanted], [name for name in dir(net.b) if name.isdigit()]]


def copies(lib: Library) -> list[Any]:
    net = network(lib)
    deep, shallow = copy.deepcopy(net), copy.copy(net)
    facts = [deep.p is deep.a.weight, deep.p is net.p, deep.a is deep.b[0], shallow.a is net.a]
    restored = pickle.loads(pickle.dumps(lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 1))))
    return [*facts, repr(restored), list(restored.state_dict())]


def calls(lib: Library) -> list[Any]:
    return [outcome(lambda: lib.nn.Linear(1, 1).foo), outcome(lambda: lib.nn.Module()(1))]


SCENARIOS = [
    registration, before_init, assignment, assignment_to_registered_none, buffers, names, lookups, replacing,
    whole_tree, conversion, printing, listing, copies, calls,
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_as_torch(scenario: Callable[[Library], Any]) -> None:
    same(scenario)


def test_registration_says_what_is_wrong() -> None:
    assert registration(OURS) == [
        """KeyError: 'parameter name can\\'t contain "."'""",
        """KeyError: 'parameter name can\\'t be empty string ""'""",
        "KeyError: \"attribute 'taken' already exists\"",
        "TypeError: parameter name should be a string. Got int",
        "TypeError: cannot assign 'int' object to parameter 'p' (nnbuild.nn.Parameter or None required)",
        """KeyError: 'buffer name can\\'t contain "."'""",
        """KeyError: 'buffer name can\\'t be empty string ""'""",
        "KeyError: \"attribute 'taken' already exists\"",
        "TypeError: buffer name should be a string. Got int",
        "TypeError: cannot assign 'int' object to buffer 'p' (an array or None required)",
        """KeyError: 'module name can\\'t contain ".", got: a.b'""",
        """KeyError: 'module name can\\'t be empty string ""'""",
        "KeyError: \"attribute 'taken' already exists\"",
        "TypeError: module name should be a string. Got int",
        "TypeError: int is not a Module subclass",
        "TypeError: cannot assign 'numpy.ndarray' object to parameter 'p' (nnbuild.nn.Parameter or None required)",
        "TypeError: nnbuild.nn.linear.Linear is not a Module subclass",
    ]


def test_shared_members_are_named_once() -> None:
    net = network(OURS)
    assert [name for name, _ in net.named_parameters()] == ["p", "a.bias", "b.1.weight", "b.1.bias"]
    assert [name for name, _ in net.named_modules()] == ["", "a", "b", "b.1"]
    assert [name for name, _ in net.named_buffers()] == ["buf"]


def test_apply_visits_children_first() -> None:
    assert whole_tree(OURS)[1] == ["Linear", "Linear", "Linear", "Sequential", "Module"]


def test_values_go_with_the_dtype() -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    before = net[0].weight.data.copy()
    assert net.double()[0].weight.data.dtype == np.float64
    np.testing.assert_array_equal(net[0].weight.data, before)


def test_conversion_leaves_weights_undrawn() -> None:
    net = nn.Linear(2, 2).half()
    assert net.weight.dtype == "float16"
    assert not net.weight.is_materialized


def test_to_takes_one_dtype() -> None:
    with pytest.raises(TypeError, match="one dtype"):
        nn.Linear(1, 1).to("float32", "float64")


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward" function'):
        nn.Module()(TensorSpec((1,)))


def test_extra_state_is_two_methods() -> None:
    for call in (nn.Module().get_extra_state, lambda: nn.Module().set_extra_state(1)):
        with pytest.raises(RuntimeError, match="override get_extra_state and set_extra_state together"):
            call()


def test_a_module_survives_pickling_and_copying() -> None:
    x = np.ones((2, 3, 8), np.float32)
    model = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16), nn.LayerNorm(8), nn.Linear(8, 2)).eval()
    again, copied = pickle.loads(pickle.dumps(model)), copy.deepcopy(model)
    for other in (again, copied):
        np.testing.assert_array_equal(other(x), model(x))
        other[2].weight.data[...] = 0
        assert np.any(model[2].weight.data)
