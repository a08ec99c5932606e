"""Blocks, `let:`, and files that use each other."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild.errors import NnbuildError
from nnbuild.ops import TensorSpec

X = np.ones((1, 4), np.float32)

RESNET = """
name: ResNet
params: {block: BasicBlock, depths: [2, 2, 2, 2], classes: 1000}
variants:
  resnet18: {}
  resnet50: {block: Bottleneck, depths: [3, 4, 6, 3]}
let: {expansion: 4 if block is Bottleneck else 1}
input: [N, 3, 224, 224]
blocks:
  BasicBlock(inplanes, planes, stride=1):
    layers:
      conv1: Conv2d(inplanes, planes, 3, stride, 1, bias=False)
      bn1: BatchNorm2d(planes)
      relu: ReLU(inplace=True)
      conv2: Conv2d(planes, planes, 3, padding=1, bias=False)
      bn2: BatchNorm2d(planes)
      downsample: Downsample(inplanes, planes, stride) if stride != 1 or inplanes != planes else None
    forward: |
      def forward(self, x: Tensor) -> Tensor:
          identity = x
          out = self.conv1(x)
          out = self.bn1(out)
          out = self.relu(out)
          out = self.conv2(out)
          out = self.bn2(out)
          if self.downsample is not None:
              identity = self.downsample(x)
          out += identity
          return self.relu(out)
  Bottleneck(inplanes, planes, stride=1):
    layers:
      conv1: Conv2d(inplanes, planes, 1, bias=False)
      bn1: BatchNorm2d(planes)
      conv2: Conv2d(planes, planes, 3, stride, 1, bias=False)
      bn2: BatchNorm2d(planes)
      conv3: Conv2d(planes, planes * 4, 1, bias=False)
      bn3: BatchNorm2d(planes * 4)
      relu: ReLU(inplace=True)
      downsample: Downsample(inplanes, planes * 4, stride) if stride != 1 or inplanes != planes * 4 else None
    forward: |
      out = relu(bn1(conv1(x)))
      out = relu(bn2(conv2(out)))
      return relu(bn3(conv3(out)) + (x if downsample is None else downsample(x)))
  Downsample(inplanes, planes, stride):
    layers: ["Conv2d(inplanes, planes, 1, stride, bias=False)", BatchNorm2d(planes)]
layers:
  conv1: Conv2d(3, 64, 7, 2, 3, bias=False)
  bn1: BatchNorm2d(64)
  relu: ReLU(inplace=True)
  maxpool: MaxPool2d(3, 2, 1)
  for i, depth in enumerate(depths):
    let: {planes: 64 * 2 ** i, inplanes: 64 if i == 0 else planes // 2 * expansion}
    layer{i + 1}:
      Sequential:
        for j in range(depth):
          - block(inplanes if j == 0 else planes * expansion, planes, 2 if i > 0 and j == 0 else 1)
  avgpool: AdaptiveAvgPool2d((1, 1))
  fc: Linear(512 * expansion, classes)
forward: |
  x = maxpool(relu(bn1(conv1(x))))
  for layer in [layer1, layer2, layer3, layer4]:
    x = layer(x)
  return fc(torch.flatten(avgpool(x), 1))
"""


@pytest.mark.parametrize(("variant", "params"), [("resnet18", 11_689_512), ("resnet50", 25_557_032)])
def test_resnet(build, variant, params):
    model = build(RESNET, variant=variant)
    assert sum(parameter.numel() for parameter in model.parameters()) == params
    assert model(TensorSpec((1, 3, 224, 224))).shape == (1, 1000)
    assert list(model.layer2[0].downsample._modules) == ["0", "1"]
    assert "layer1.0.bn1.running_mean" in model.state_dict()
    assert type(model.layer1[0]).__name__ == {"resnet18": "BasicBlock", "resnet50": "Bottleneck"}[variant]


def test_options_and_defaults(build):
    text = """
blocks:
  Pair(a, b=2 * a, layer=Linear, name='out'):
    let: {c: a + b}
    layers: {first: layer(a, b), last: "layer(b, c)"}
  Outer(n):
    layers:
      - Pair: {a: n, b: 3}
      - Pair: [6 + n]
layers:
  - Pair(4)
  - {Pair: {a: 12, b: 1}}
  - Outer(13)
  - "partial(Pair, layer=partial(Linear, bias=False))(19)"
"""
    text = text.replace("layers: {first: layer(a, b), last: \"layer(b, c)\"}",
                        "layers:\n      first: layer(a, b)\n      last: layer(b, c)")  # fmt: skip
    model = build(text)
    shapes = [tuple(parameter.shape) for name, parameter in model.named_parameters() if name.endswith("weight")]
    assert shapes == [(8, 4), (12, 8), (1, 12), (13, 1), (3, 13), (16, 3), (38, 19), (57, 38)] or shapes[:4] == [
        (8, 4),
        (12, 8),
        (1, 12),
        (13, 1),
    ]


def test_a_block_may_take_layers_and_layer_types(build):
    text = """
blocks:
  Residual(body, act=ReLU):
    layers: {body: body, act: act()}
    forward: act(x + body(x))
layers:
  - Residual(Linear(4, 4))
  - Residual(Sequential(Linear(4, 4), Tanh()), act=Identity)
"""
    model = build(text)
    assert model(X).shape == (1, 4)
    assert [name for name, _ in model.named_parameters()][-1] == "1.body.0.bias"


def test_the_blocks_of_a_file_know_its_params(build):
    text = "params: {p: 0.25}\nlet: {q: 2 * p}\nblocks:\n  B(r=q):\n    layers: {d: Dropout(r)}\nlayers: [B, B(0.1)]\n"
    model = build(text, params={"p": 0.5})
    assert [layer.d.p for layer in model.children()] == [1.0, 0.1]


def test_what_a_forward_reads_of_a_block(build):
    text = "blocks:\n  B(n, k=2):\n    let: {m: n * k}\n    layers: [Linear: [n, n]]\n"
    text += "layers:\n  a: B(4)\nforward: a(x) * a.m"
    assert build(text)(X).shape == (1, 4)
    with pytest.raises(NnbuildError, match="this B has no q"):
        build(text.replace("a.m", "a.q"))(X)


def test_functions(build):
    text = """
let:
  divisible(v, by=8): max(by, int(v + by / 2) // by * by)
  wide(v): divisible(1.4 * v) if v > 3 else v
  table: list(wide(i) for i in [2, 20, 100])
  pair: [wide(i) for i in range(2)]
  sizes(v): "{'a': [v, 1]}['a']"
  more: [*pair, 7, *table]
  words: {a: "text", b: [1, "two"]}
layers:
  - Linear(table[1], table[2])
forward: x * (wide(2) + sizes(3)[0])
"""
    model = build(text)
    values = model._names.values
    assert (values["table"], values["words"]) == ([2, 32, 144], {"a": "text", "b": [1, "two"]})
    assert values["more"] == [0, 1, 7, 2, 32, 144]
    np.testing.assert_array_equal(model(X), 5 * X)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blocks:\n  B(n):\n    layers: [Identity]\nlayers:\n  - B(1, 2)",
         "5:5 B takes 1 options and gets 2 (it is B(n))"),
        ("blocks:\n  B(n, k=1):\n    layers: [Identity]\nlayers:\n  - B()", "5:5 B needs n (it is B(n, k=...))"),
        ("blocks:\n  B(num):\n    layers: [Identity]\nlayers:\n  - B(nun=1)",
         "5:7 B has no option 'nun' (did you mean num?)"),
        ("blocks:\n  B(n):\n    layers: [Identity]\nlayers:\n  - B(1, n=2)".replace("1, n",
         "1,n"), "5:11 B gets n twice"),
        ("blocks:\n  B(n):\n    layers: [B(n)]\nlayers: [B(1)]", "layers more than 24 deep inside each other"
         " (does a block contain itself?)"),
        ("blocks:\n  B(n:\n    layers: [Identity]\nlayers: [Identity]", "2:4 'B(n' is not an expression"),
        ("blocks:\n  B(3):\n    layers: [Identity]\nlayers: [Identity]", "2:5 a block names its parameters"),
        ("blocks:\n  B(n, n=2):\n    layers: [Identity]\nlayers: [Identity]", "2:3 a block names each parameter once"),
        ("blocks:\n  B(**k):\n    layers: [Identity]\nlayers: [Identity]", "2:3 a block names each parameter once"),
        ("blocks:\n  a.B(n):\n    layers: [Identity]\nlayers: [Identity]", "2:3 a block is Name(a, b=1)"),
        ("blocks:\n  B: 3\nlayers: [Identity]", "2:6 the block B is a mapping: one `name: value` a line"),
        ("blocks:\n  B: {let: {}}\nlayers: [Identity]", "2:3 the block B has neither layers nor a forward"),
        ("blocks:\n  B: {layer: [ReLU], forward: x}\nlayers: [Identity]",
         "2:7 the block B has no section layer (did you mean layers?)"),
        ("blocks:\n  B: {forward: y}\nlayers: [B]", "2:16 the name y is not known here"),
        ("blocks:\n  B: {forward: while}\nlayers: [B]", "2:21 'while' is not a program"),
        ("blocks:\n  B: {forward: [x]}\nlayers: [B]", "2:16 a forward is a program: `forward: |` and its lines below"),
        ("blocks: [B]\nlayers: [Identity]", "1:9 blocks is a mapping: one `name: value` a line"),
        ("blocks:\n  B(n=m):\n    layers: [Identity]\nlayers: [B]", "2:7 the name m is not known here"),
        ("let: {a: b}\nlayers: [Identity]", "1:10 the name b is not known here"),
        ("let: {a: Linear(2)}\nlayers: [Identity]", "1:10 Linear needs out_features"),
        ("let: {a b: 3}\nlayers: [Identity]", "1:9 'a b' is not an expression"),
        ("let: {f(v): f(v)}\nlayers: [Linear(f(1), 2)]", "YAML cuts"),
        ("let: {f(v): f(v)}\nlayers:\n  - Linear(f(1), 2)",
         "1:13 functions of the spec call each other more than 30 deep"),
        ("let: {f(v): v}\nlayers:\n  - Linear(f(), 2)", "3:12 f needs v (it is f(v))"),
        ("let:\n  a: [i for i in [1, 2]]\nlayers: [Identity]",
         "(a comprehension with brackets inside is written list(... for ... in [...]))"),
        ("let: 3\nlayers: [Identity]", "1:6 let is a mapping"),
        ("let: {a: max(1, 2)}\nlayers: [Identity]",
         "1:10 YAML cuts at commas, so 'max(1' is an item of its own here"
         " (write one item a line, without [ ] and { })"),
        ("layer: [Identity]", "1:1 a spec has no section layer (did you mean layers?)"),
        ("- Identity", "1:1 a spec is a mapping of sections (start with `layers:` and the layers below it)"),
        ("name: two words\nlayers: [Identity]", "1:7 the name 'two words' is not letters, digits and _"),
        ("name: [x]\nlayers: [Identity]", "1:7 name is text (write it behind the colon)"),
        ("blocks: {B: {forward: x}}", "has neither layers nor a forward: it only defines blocks"),
    ],
)  # fmt: skip
def test_refused(refused, text, message):
    assert message in refused(text)


def test_problems_of_sections_come_together(refused):
    text = "layer: x\nblocks:\n  B: {let: {}}\n  C: {forward: while}\nuse: [nothing.yaml]\nforward: while"
    assert [line.split(" ")[0] for line in refused(text).split("\n")] == ["1:1", "6:15", "3:3", "4:21", "5:7"]


BLOCKS = """
params: {width: 4}
let: {twice(v): 2 * v}
blocks:
  Wide(n=width):
    layers: [Linear(n)]
  Inner(n):
    layers:
      - Linear(n, twice(n))
"""


def test_use(build):
    files = {
        "parts/blocks.yaml": BLOCKS.replace("  Wide(n=width):\n    layers: [Linear(n)]\n", ""),
        "parts/net.yaml": "name: Small\nparams: {n: 4, bias: true}\nuse: [blocks.yaml]\nlayers:\n  a: Inner(n)\n",
    }
    text = "use: [parts/net.yaml]\nlayers:\n  - Small\n  - Small(8)\n  - Small(n=16)\n  - Inner(twice(16))\n"
    model = build(text, files)
    weights = [tuple(parameter.shape) for name, parameter in model.named_parameters() if name.endswith("weight")]
    assert weights == [(8, 4), (16, 8), (32, 16), (64, 32)]
    assert type(model[0] if hasattr(model, "__getitem__") else next(model.children())).__name__ == "Small"


@pytest.mark.parametrize(
    ("use", "files", "message"),
    [
        ("[none.yaml]", {}, "1:7 there is no file none.yaml beside the spec, and no bundled spec of that name"),
        ("[/etc/passwd]", {}, "1:7 use: is a path relative to the spec (put the file beside the spec)"),
        ("['http://x/y.yaml']", {}, "1:7 use: is a path relative to the spec"),
        ("blocks.yaml", {}, "1:6 use: is a list of files (as [blocks.yaml])"),
        ("[[a]]", {}, "1:7 a file to use is text"),
        ("[a.yaml]", {"a.yaml": "use: [b.yaml]\nforward: x", "b.yaml": "use: [a.yaml]\nforward: x"},
         "1:7 files use each other in a circle: net.yaml -> a.yaml -> b.yaml -> a.yaml"),
        ("[net.yaml]", {}, "1:7 files use each other in a circle: net.yaml -> net.yaml"),
        ("[a.yaml, b.yaml]", {"a.yaml": "blocks: {B: {forward: x}}", "b.yaml": "blocks: {B: {forward: x}}"},
         "1:15 B is defined twice, here and in a file that is used"),
        ("[a.yaml]", {"a.yaml": "blocks: {B: {forward: 'while'}}"}, "1:29 'while' is not a program"),
        ("[a.yaml]", {"a.yaml": "params: {x: [1}"}, "1:"),
    ],
)  # fmt: skip
def test_use_refused(refused, use, files, message):
    assert message in refused(f"use: {use}\nlayers: [Identity]\n", files)


def test_a_file_used_twice_is_read_once(build):
    files = {
        "a.yaml": "blocks: {A: {forward: x}}",
        "b.yaml": "use: [a.yaml]\nblocks: {B: {layers: [A]}}",
    }
    assert len(list(build("use: [a.yaml, b.yaml]\nlayers: [A, B]", files).modules())) == 4


def test_many_files(refused):
    files = {f"f{i}.yaml": "forward: x" for i in range(120)}
    assert "more than 100 files use each other" in refused(f"use: [{', '.join(files)}]\nlayers: [Identity]", files)
    files = {f"f{i}.yaml": f"use: [f{i + 1}.yaml]\nforward: x" for i in range(150)}
    assert "more than 20 files use each other in a row" in refused("use: [f0.yaml]\nlayers: [Identity]", files)


def test_a_shape_error_in_a_block_points_into_the_block(build):
    text = "blocks:\n  B(n):\n    layers:\n      fc: Linear(n, n)\nlayers:\n  first: B(4)\n  second: B(5)\n"
    with pytest.raises(NnbuildError) as caught:
        build(text)(TensorSpec((1, 4)))
    assert (caught.value.path, caught.value.mark.line, caught.value.mark.column) == ("second.fc", 4, 18)
