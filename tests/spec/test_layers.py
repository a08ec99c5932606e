"""Layers in both forms, containers, repeats, names, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild import nn, trace
from nnbuild.ops import TensorSpec

LENET = """
name: LeNet
params: {classes: 10}                 # set from outside: --set classes=100
input: [N, 3, 32, 32]
layers:
  features:
    Sequential:
      conv1: Conv2d(3, 6, 5)
      relu1: ReLU
      pool1: {MaxPool2d: {kernel_size: 2, stride: 2}}
      conv2: Conv2d(6, 16, 5)
      relu2: ReLU
      pool2: MaxPool2d(2, 2)
  classifier:
    Sequential:
      fc1: Linear(16 * 5 * 5, 120)
      relu3: ReLU
      fc2: Linear(120, 84)
      relu4: ReLU
      fc3: Linear(84, classes)
forward: |
  x = features(x)
  x = x.view(x.size(0), -1)
  return classifier(x)
"""


def test_lenet(build):
    model = build(LENET)
    assert sum(parameter.numel() for parameter in model.parameters()) == 62_006
    assert list(model.state_dict())[:2] == ["features.conv1.weight", "features.conv1.bias"]
    assert model(np.zeros((2, 3, 32, 32), np.float32)).shape == (2, 10)
    assert model(TensorSpec((1, 3, 32, 32))).shape == (1, 10)
    assert repr(model).startswith("LeNet(\n  (features): Sequential(\n    (conv1): Conv2d(3, 6, kernel_size=(5, 5)")


def test_weights_are_drawn_in_the_order_of_the_spec(build):
    model = build(LENET, seed=3)
    nn.manual_seed(3)
    expected = [nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)]
    made = [layer for layer in model.modules() if hasattr(layer, "weight")]
    for ours, theirs in zip(made, expected, strict=True):
        np.testing.assert_array_equal(ours.weight.data, theirs.weight.data)


SHORT = """
layers:
  - Conv2d(3, 6, (5, 5), padding='same', bias=False, padding_mode='zeros')
  - BatchNorm2d(6, eps=1e-5, momentum=None)
  - ReLU(True)
  - Dropout(0.5)
  - Sequential(Conv2d(6, 8, 3), ReLU())
  - Identity
"""

LONG = """
layers:
  - {Conv2d: {in_channels: 3, out_channels: 2 * 3, kernel_size: [5, 5], padding: same,
              bias: false, padding_mode: zeros}}
  - BatchNorm2d: {num_features: 6, eps: 1e-5, momentum: null}
  - {ReLU: [true]}
  - Dropout: 0.5
  - Sequential:
      - {nn.Conv2d: [6, 8, 3]}
      - {ReLU: }
  - {Identity: []}
"""


def test_both_forms_are_one_tree(build):
    assert repr(build(SHORT)) == repr(build(LONG))


@pytest.mark.parametrize(
    ("layer", "printed"),
    [
        ("{Conv2d: [3, 6, 5, 1, same]}", "Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1), padding=same)"),
        ("{Conv2d: ['3', \"2 * 3\", (5, 5)]}", "CUT"),
        ('{Conv2d: ["3", "2 * 3", "(5, 3)"]}', "Conv2d(3, 6, kernel_size=(5, 3), stride=(1, 1))"),
        ("{Conv2d: [3, 6, 5, 1, 'same']}", "Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1), padding=same)"),
        ("{Linear: [16*5*5, 10, false]}", "Linear(in_features=400, out_features=10, bias=False)"),
        ("nn.Linear(2, 3)", "Linear(in_features=2, out_features=3, bias=True)"),
        ("torch.nn.Linear(2, 3)", "Linear(in_features=2, out_features=3, bias=True)"),
        ("'Linear(2, 3)'", "Linear(in_features=2, out_features=3, bias=True)"),
        ("Linear(*[2, 3], **dict(bias=False))", "Linear(in_features=2, out_features=3, bias=False)"),
        ("Linear(2, 3) if 1 > 0 else Identity()", "Linear(in_features=2, out_features=3, bias=True)"),
        ("[Linear, Identity][0](2, 3)", "CUT"),
        ("partial(Linear, bias=False)(2, 3)", "Linear(in_features=2, out_features=3, bias=False)"),
        (">\n    Linear(2,\n    3)", "Linear(in_features=2, out_features=3, bias=True)"),
        ("|\n    Linear(2,\n           3)", "Linear(in_features=2, out_features=3, bias=True)"),
        (
            "BatchNorm2d(6, 1e-5)",
            "BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        ),
        ("{LeakyReLU: 1e-2}", "LeakyReLU(negative_slope=0.01)"),
    ],
)
def test_spellings(build, refused, layer, printed):
    text = f"layers:\n  a: {layer}\n"
    if printed == "CUT":
        assert "YAML cuts at commas" in refused(text) or "not a layer" in refused(text) or "list" in refused(text)
    else:
        assert repr(build(text).a) == printed


def names(model) -> list[str]:
    return [name for name, _ in model.named_modules()][1:]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("[Identity, ReLU]", ["0", "1"]),
        ("{on: Identity, 1: ReLU, no: Tanh, 010: ReLU}", ["on", "1", "no", "010"]),
        ("\n  - Identity\n  - fc: Linear(2, 3)\n  - ReLU\n", ["0", "fc", "2"]),
        ("\n  - Identity\n  - None\n  - ReLU if 1 > 2 else None\n  - ReLU\n", ["0", "1"]),
        ("\n  - Identity\n  - \"*[Linear(2, 2) for i in range(2)]\"\n", ["0", "1", "2"]),
        ("[Linear(2, 2) for i in range(3)]", ["0", "1", "2"]),
        ("\"{f'fc{i}': Linear(2, 2) for i in range(2)}\"", ["fc0", "fc1"]),
        ("\n  a:\n    ModuleList: [Linear(10, 10) for i in range(2)]\nforward: x", ["a", "a.0", "a.1"]),
        ("\n  a: ModuleList([Linear(10, 10) for i in range(2)])\nforward: x", ["a", "a.0", "a.1"]),
        ("\n  a: Sequential(*[Identity() for i in range(2)])", ["a", "a.0", "a.1"]),
        ("\n  a: Sequential(OrderedDict([('x', Identity()), ('y', ReLU())]))", ["a", "a.x", "a.y"]),
        ("\n  a: \"Sequential({'x': Identity(), **{'y': ReLU()}})\"", ["a", "a.x", "a.y"]),
        ("\n  a: \"ModuleDict({'x': Identity()})\"\nforward: x", ["a", "a.x"]),
        ("\n  a: ModuleDict([['x', Identity()]])\nforward: x", ["a", "a.x"]),
        ("\n  a: {Sequential: {x: Identity, y: {Sequential: [ReLU]}}}", ["a", "a.x", "a.y", "a.y.0"]),
        ("\n  for i in range(2):\n    fc{i + 1}: Linear(2, 2)\n  out: ReLU", ["fc1", "fc2", "out"]),
        ("\n  for i, n in enumerate([1, 2]):\n    let: {m: 10 * n}\n    a{i}: Linear(m, m)\n    b{m}: ReLU",
         ["a0", "b10", "a1", "b20"]),
        ("\n  for i in range(4) if i % 2:\n    a{i}: ReLU", None),
        ("\n  for i in [j for j in range(4) if j % 2]:\n    a{i}: ReLU", ["a1", "a3"]),
        ("\n  - for i in range(2):\n      - Linear(2, 2)\n      - ReLU\n  - Identity", ["0", "1", "2", "3", "4"]),
        ("\n  - for i in range(2): ReLU\n", ["0", "1"]),
        ("\n  - for i in range(2):\n      - let: {m: 2 + i}\n      - Linear(m, m)\n      - ReLU", ["0", "1", "2", "3"]),
        ("\n  - Linear: [*sizes, false]\nlet: {sizes: [2, 3]}", ["0"]),
        ("[Identity, *more]\nlet:\n  more: 2 * [ReLU]", ["0", "1", "2"]),
        ("\n  - Identity\n  - *more\nlet:\n  more: 2 * [ReLU]", ["0", "1", "2"]),
        ("\n  for i in range(2):\n    for j in range(2):\n      a{i}{j}: ReLU", ["a00", "a01", "a10", "a11"]),
        ("\n  if 1 > 2:\n    a: ReLU\n  if 2 > 1:\n    b: ReLU", ["b"]),
        ("\n  - if 1 > 2: ReLU\n  - if 2 > 1: [Tanh, ReLU]", ["0", "1"]),
        ("\n  s{1 + 1}: ReLU", ["s2"]),
        ("\n  'a-b c': ReLU", ["a-b c"]),
        ("&x [ReLU, Identity]", ["0", "1"]),
        ("\n  a: &r {Linear: [2, 2]}\n  b: *r", ["a", "b"]),
    ],
)  # fmt: skip
def test_names(build, refused, layers, expected):
    text = f"layers: {layers}\n"
    if expected is None:
        assert "is not" in refused(text)
        return
    model = build(text)
    assert names(model) == expected


def test_an_alias_is_a_new_layer(build):
    model = build("layers:\n  a: &r {Linear: [2, 2]}\n  b: *r\n")
    assert model.a is not model.b


def test_a_layer_left_out_is_none_in_forward(build):
    text = "params: {{deep: {}}}\nlayers:\n  a: ReLU if deep else None\n  if deep:\n    b: ReLU\nforward: |\n"
    text += "  if a is None and b is None:\n    return x\n  return a(b(x)) + 1\n"
    x = np.array([-1.0], np.float32)
    assert build(text.format("false"))(x) == -1
    assert build(text.format("true"))(x) == 1
    assert "a" not in build(text.format("false"))._modules


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("[Conv2d(1, 6), ReLU]", "1:10 YAML cuts at commas, so 'Conv2d(1' is an item of its own here"
         " (write one layer a line; or quote it; or the long form {Conv2d: [1, 6, 5]})"),
        ("{a: Conv2d(1, 6), b: ReLU}", "1:13 YAML cuts at commas, so 'Conv2d(1' is an item"),
        ("\n  a: {Linear: [max(1, 2), 3]}", "2:16 YAML cuts at commas, so 'max(1' is an item"),
        ("\n  a: {Conv2D: [3, 6, 5]}", "2:7 there is no layer type Conv2D (did you mean Conv2d?)"),
        ("\n  - Conv2D: [3, 6, 5]", "2:5 there is no layer type Conv2D (did you mean Conv2d?)"),
        ("\n  a: Conv2D(3, 6, 5)", "2:6 there is no layer type Conv2D (did you mean Conv2d?)"),
        ("\n  a: relu", "2:6 relu is not a layer (did you mean ReLU?)"),
        ("\n  a: Frobnicate",
         "2:6 there is no layer type Frobnicate (the spec's own layer types are defined under `blocks:`)"),
        ("\n  a: 5", "2:6 5 is not a layer"),
        ("\n  a:", "2:5 there is no layer here (write a layer type behind the colon)"),
        ("\n  a: [ReLU, ReLU]", "2:6 a list is not a layer (write Sequential: before it)"),
        ("\n  a: {b: ReLU, c: ReLU}", "2:6 a layer in the long form is a mapping of one key, its type; here are b, c"),
        ("\n  a: {}", "2:6 a layer in the long form is a mapping of one key, its type; here are none"),
        ("\n  a: '[ReLU() for i in range(2)]'", "2:6 a list of 2 is not a layer (write ModuleList(...) around it"),
        ("\n  a: Conv2d(3, 6)", "2:6 Conv2d needs kernel_size"),
        ("\n  a: Conv2d(3, 6, 5, paddin=1)", "2:22 Conv2d has no option 'paddin' (did you mean padding?)"),
        ("\n  a: {Conv2d: {in_channels: 3, out_channels: 6, kernel_size: 5, paddin: one}}",
         "2:65 Conv2d has no option 'paddin' (did you mean padding?)"),
        ("\n  a: Conv2d(3, 'six', 5)", "2:16 Conv2d wants a whole number for out_channels and gets 'six'"),
        ("\n  a: {Conv2d: [3, 6.5, 5]}", "2:19 Conv2d wants a whole number for out_channels and gets 6.5"),
        ("\n  a: Conv2d(3, 6, 5, padding=same)",
         "2:30 the name same is not known here (did you mean Upsample? values are named under `params:` or `let:`, text"
         " is quoted: 'same')"),
        ("\n  a: Linear(4, clases)\nparams: {classes: 3}",
         "2:16 the name clases is not known here (did you mean classes?)"),
        ("{a: Linear(4, 4), b: Linear(4, 4)}", "1:40 YAML cuts at commas, so '4)' is a key of its own here"
         " (write one entry a line, or quote what has brackets: {a: 'Linear(4, 4)'})"),
        ("[Identity, *others]", "the name others is not known here"),
        ("\n  a: Conv2d(3, 6, oops, 2)", "2:19 the name oops is not known here"),
        ("\n  a: Linear(2, 3, 4, 5, 6, 7)", "2:6 Linear takes"),
        ("\n  a: Sequential(ReLU)", "2:6 the layer type ReLU is no layer yet (write ReLU(...))"),
        ("\n  a: Sequential(3)", "2:6 Sequential cannot be made so: int is not a Module subclass"),
        ("\n  a: ModuleDict([3])", "2:6 ModuleDict cannot be made so"),
        ("\n  a.b: ReLU", "2:3 the name a.b has a dot (dots join the names of nested layers)"),
        ("\n  forward: ReLU", "2:3 the name forward is taken: every module has a forward of its own (choose another)"),
        ("\n  training: ReLU", "2:3 the name training is taken"),
        ("\n  a: ReLU\n  a{''}: ReLU", "3:3 the name a stands twice"),
        ("\n  a{i}: ReLU", "2:3 the name i is not known here"),
        ("\n  a{: ReLU", "2:3 'a{' is not a name with values in braces"),
        ("\n  '{\"\"}': ReLU", "2:3 a name is empty"),
        ("\n  for i in 3:\n    a{i}: ReLU", "2:12 for wants a list and gets 3"),
        ("\n  for i in range(2)):\n    a{i}: ReLU", "2:3 "),
        ("\n  if x:\n    a: ReLU", "2:6 the name x is not known here"),
        ("\n  if:\n    a: ReLU", "there is no layer type a"),
        ("Conv2d(3, 6, 5)",
         "1:9 layers are a list or a mapping, not a Conv2d (write Sequential: and the layers below it)"),
        ("3", "1:9 layers are a list or a mapping, not 3"),
        ("'[1, 2]'", "1:9 1 is not a layer"),
        ("'[[ReLU()]]'", "1:9 a list of 1 is not a layer"),
        ("\n  a: ModuleList([ReLU()])\n  b: ReLU", "a is a ModuleList, which cannot run in a row of layers"),
        ("\n  a: {ModuleList: {x: ReLU}}", "2:7 a ModuleList numbers its layers (with names it is a ModuleDict)"),
        ("\n  a: {ModuleDict: [ReLU]}", "2:7 a ModuleDict names its layers (write `name: layer`)"),
        ("\n  a: Sequential(*[ReLU()] * 2)", "2:19 one ReLU stands in two places, a.0 and a.1 (for new layers write"),
        ("\n  a: Sequential(ReLU())(3)", "a Sequential is called in `forward:` only"),
        ("\n  a: Linear(10 ** 30, -1)", "2:23 Linear wants out_features of at least 0 and gets -1"),
        ("'[ReLU() for i in range(600)]'", "a network of more than 500 layers (repeat less)"),
        ("\n  a: " + "{Sequential: [" * 40 + "ReLU" + "]}" * 40, "layers more than 24 deep inside each other"),
        ("\n  a: Parameter(3)", "2:6 a tensor () is not a layer"),
        ("\n  a: zeros(3)", "is not a layer"),
    ],
)  # fmt: skip
def test_refused(low_limits, refused, layers, message):
    assert message in refused(f"layers: {layers}\n")


def test_independent_problems_come_together(refused):
    text = "layers:\n  a: Conv2D(3)\n  b: Linear(1)\n"
    text += "  c:\n    Sequential:\n      - Linear(2)\n      - ReLU\n      - Oops\n"
    lines = refused(text).split("\n")
    assert [line.split(" ")[0] for line in lines] == ["2:6", "3:6", "6:9", "8:9"]


def test_a_problem_does_not_change_the_numbers_behind_it(build):
    from nnbuild.errors import ProblemList

    with pytest.raises(ProblemList) as caught:
        build("layers:\n  - ReLU\n  - Linear(1)\n  - Tanh\n  - Linear(2)\n")
    assert [problem.path for problem in caught.value.problems] == ["1", "3"]


def test_at_most_twenty_problems(refused):
    assert refused("layers:\n" + "".join(f"  a{i}: Oops{i}\n" for i in range(50))).count("\n") == 19


def test_a_problem_of_a_repeated_layer_comes_once(refused):
    assert refused("layers:\n  for i in range(9):\n    a{i}: Linear(oops)\n").count("\n") == 0


def test_where_a_shape_error_points(build):
    model = build(LENET.replace("16 * 5 * 5", "16 * 4 * 5"))
    with pytest.raises(Exception) as caught:
        model(TensorSpec((1, 3, 32, 32)))
    error = caught.value
    assert (error.mark.line, error.mark.column, error.mark.length) == (16, 19, 10)
    assert error.path == "classifier.fc1"


def test_the_input_that_does_not_fit_is_named(build):
    text = "inputs: {a: [N, 4], b: [N, 3]}\nlayers:\n  fc: Linear(4, 5)\nforward: fc(a) + fc(b)\n"
    with pytest.raises(Exception) as caught:
        trace(build(text), TensorSpec((1, 4)), TensorSpec((1, 3)))
    assert caught.value.notes[0] == "its input is the network's input b: (1, 3)"


def test_the_place_in_the_network_is_said(build, refused):
    from nnbuild.errors import NnbuildError

    with pytest.raises(NnbuildError) as caught:
        build("layers:\n  features:\n    Sequential:\n      conv: Conv2d(3)\n")
    assert caught.value.path == "features.conv"


def test_inputs_of_layers_in_a_row(build):
    from nnbuild.errors import NnbuildError

    with pytest.raises(NnbuildError, match="Net takes one input and gets 2"):
        build("name: Net\nlayers: [ReLU]\n")(1, 2)


def test_deepcopy_and_replacing(build):
    from copy import deepcopy

    model = build(LENET)
    other = deepcopy(model)
    assert other.classifier.fc1.weight is not model.classifier.fc1.weight
    x = np.zeros((1, 3, 32, 32), np.float32)
    np.testing.assert_array_equal(model(x), other(x))
    assert other.spec.name == "LeNet"
