"""Forward programs: what runs, on arrays and on specs alike, and what is refused where."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild import compile, ops
from nnbuild.errors import NnbuildError
from nnbuild.ops import TensorSpec

from .conftest import report

HEAD = """
name: Net
params: {width: 4, dims: [2, 3], flag: true}
input: [N, 4]
let: {half(v): v // 2}
layers:
  fc: Linear(4, width)
  act: ReLU
  skip: Linear(4, 4) if width > 100 else None
  blocks: ModuleList([Linear(4, 4) for i in range(3)])
  convs: {ModuleDict: {a: {Linear: [4, 4]}, b: Identity}}
  row: {Sequential: [Identity, Identity]}
parameters: {scale: ones(4)}
buffers: {table: "arange(4)"}
"""


def program(lines: str, head: str = HEAD) -> str:
    return head + "forward: |\n" + "".join(f"  {line}\n" for line in lines.strip("\n").split("\n"))


X = np.arange(8, dtype=np.float32).reshape(2, 4)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("return x + 1", X + 1),
        ("return 2 * x - x / 4 + x ** 2 % 3", 2 * X - X / 4 + X**2 % 3),
        ("return -x", -X),
        ("return x @ x.T", X @ X.T),
        ("x", X),
        ("y = x\ny += 1\nreturn y", X + 1),
        ("y: Tensor = x\nreturn y", X),
        ("a, b = x.shape\nreturn x.view(b, a)", X.reshape(4, 2)),
        ("a, *rest = [x, 1, 2]\nreturn a * rest[-1]", X * 2),
        ("a, b = x\nreturn b", X[1]),
        ("return x[:, 1:3]", X[:, 1:3]),
        ("return x[:, None, -1]", X[:, None, -1]),
        ("return x[..., 0]", X[..., 0]),
        ("return x.size(0) * x", 2 * X),
        ("return x.reshape(-1, *dims[:1])", X.reshape(-1, 2)),
        ("return torch.cat([x, x], 1)", np.concatenate([X, X], 1)),
        ("return torch.cat((x, x), dim=-1)", np.concatenate([X, X], 1)),
        ("return F.relu(x - 3)", np.maximum(X - 3, 0)),
        ("return nn.functional.relu(x - 3)", np.maximum(X - 3, 0)),
        ("return torch.nn.functional.relu(x - 3)", np.maximum(X - 3, 0)),
        ("return act(x - 3)", np.maximum(X - 3, 0)),
        ("return self.act(x - 3)", np.maximum(X - 3, 0)),
        ("return x * self.scale", X),
        ("return x * scale + table", X + np.arange(4)),
        ("return x * half(width)", 2 * X),
        ("return x if self.skip is None else skip(x)", X),
        ("return row[0](row[1:](x))", X),
        ("return convs['b'](x)", X),
        ("for name, layer in convs.items():\n    if name != 'a':\n        x = layer(x)\nreturn x", X),
        ("for name in convs:\n    if name == 'a': continue\n    x = convs[name](x)\nreturn x", X),
        ("return x if 'b' in convs else None", X),
        ("for i, layer in enumerate(blocks):\n    if i == 0: break\n    x = layer(x)\nreturn x", X),
        ("for a, b in zip(range(2), reversed(range(2))):\n    x = x + a * b\nreturn x", X),
        ("parts = []\nfor i in range(2):\n    parts.append(x)\nparts.extend([x])\nparts.pop()\nreturn sum(parts)",
         2 * X),
        ("parts = [x] * 2\nparts[0] = x + 1\nreturn parts[0] + parts[1]", 2 * X + 1),
        ("out = {'a': x}\nout['b'] = x + 1\nreturn out['b']", X + 1),
        ("parts = [x]\nother = parts\nother += [x + 1]\nreturn parts[1]", X + 1),
        ("return sum([x, x])", 2 * X),
        ("return abs(x - 3)", abs(X - 3)),
        ("return x.dim() * x + x.ndim + len(x)", 2 * X + 4),
        ("return x * x.numel()", X * 8),
        ("if flag and not False:\n    return x\nelif width > 2:\n    return x + 1\nelse:\n    return x + 2", X),
        ("assert x.shape[1] == 4, 'wants four'\nreturn x", X),
        ("'''A docstring.'''\n# a comment\nreturn x", X),
        ("def forward(self, x: Tensor, mask=None) -> Tensor:\n    if mask is None:\n        return x\n"
         "    return x * mask", X),
        ("def forward(x, *, k=width): return x * k", 4 * X),
        ("return x.permute(1, 0).contiguous()", X.T),
        ("return x.to(torch.float64)", X.astype(np.float64)),
        ("return x if self.training else x + 1", X),
        ("return x if training else x + 1", X),
        ("return x * math.sqrt(4)", X * 2),
        ("return [y + 1 for y in [x]][0]", X + 1),
        ("pass\nreturn x", X),
        ("return x if x.size() == (2, 4) and x != None else None", X),
        ("return x if not (x == None) else None", X),
        ("return x if x.dtype == torch.float32 else None", X),
        ("return x if convs.a.in_features == 4 else None", X),
        ("return x.mT", X.T),
        ("return x.mean() + x.sum(1)", X.mean() + X.sum(1)),
        ("return x * fc.in_features", 4 * X),
        ("return F.linear(x, fc.weight) * 0 + 1", np.ones((2, 4))),
        ("return (x > 3) & ~(x == 5)", (X > 3) & ~(X == 5)),
        ("y = x.clone()\ny.add_(x).mul_(2)\nF.relu_(y)\nreturn y", np.maximum(4 * X, 0)),
        ("y = x\nx.zero_()\nx.fill_(3).sub_(1, alpha=2)\nreturn y", np.ones_like(X)),
        ("x.masked_fill_(x > 3, -1.0)\nreturn torch.clamp_(x, min=0)", np.maximum(np.where(X > 3, -1, X), 0)),
        ("x.copy_(x[0])\nreturn x", np.broadcast_to(X[0], X.shape)),
        ("x.mul_(torch.ones(4, dtype=torch.float64)).gt_(3)\nreturn x", (X > 3).astype(np.float32)),
        ("F.dropout(x, training=False, inplace=True)\nF.leaky_relu_(x, 0.5)\nreturn x", X),
        ("y = torch.zeros_like(x)\ny[:, 1:] = x[:, :-1]\ny[0] += 1\ny[..., 0] = -1\nreturn y",
         [[-1, 1, 2, 3], [-1, 4, 5, 6]]),
        ("y = x\nx[x > 3] = 0\nx[[0, 1], [1, 0]] = torch.ones(2)\nreturn y", [[0, 1, 2, 3], [1, 0, 0, 0]]),
        ("x[torch.tensor([True, False])] = 7\nreturn x", [[7] * 4, X[1]]),
        ("n = torch.zeros(3, dtype=torch.long)\nn[1] = 2.7\nreturn x * n.sum()", 2 * X),
        ("p = torch.arange(4, device=x.device, dtype=x.dtype)\nreturn x.to(x.device) + p", X + np.arange(4)),
        ("return x.to(torch.float).type(torch.double) + torch.ones(4, dtype=torch.bool)", X + 1.0),
        ("return x.data if x.is_cuda or x.requires_grad else x.masked_fill(x > 3, torch.finfo(x.dtype).min)",
         np.where(X > 3, np.finfo(np.float32).min, X)),
        ("return x + torch.finfo().eps * torch.iinfo(torch.uint8).max", X + np.finfo(np.float32).eps * 255),
        ("if isinstance(x, (list, tuple)) or not isinstance(x, Tensor) or torch.jit.is_scripting():\n"
         "    raise TypeError('a tensor')\nreturn x", X),
        ("with torch.no_grad():\n    y = x + 1\n    del x\n    return y", X + 1),
        ("return torch.zeros(torch.Size([2, 4])) + x", X),
        ("return F.linear(x, self.fc.weight, self.fc.bias)", None),
        ("return fc(x)", None),
    ],
)  # fmt: skip
def test_runs(build, lines, expected):
    model = build(program(lines))
    result = model(X.copy())
    if expected is not None:
        np.testing.assert_allclose(result, expected)
        if "training" not in lines:
            np.testing.assert_allclose(compile(model.eval())(X.copy()), expected)
    spec = model(TensorSpec(X.shape, "float32"))
    assert (spec.shape, spec.dtype) == (result.shape, result.dtype.name)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("x = featurs(x)\nreturn x", "16:7 the name featurs is not known here (a forward knows its inputs"),
        ("x = relus(x)\nreturn x", "16:7 the name relus is not known here (did you mean relu?)"),
        ("x = fcc(x)\nreturn x", "16:7 the name fcc is not known here (did you mean fc?)"),
        ("x = self.fcc(x)\nreturn x", "16:7 Net has no layer, parameter or param fcc (did you mean fc?)"),
        ("x = F.relo(x)\nreturn x", "16:7 F.relo is not known here (did you mean relu?)"),
        ("x = torch.catt([x], 1)\nreturn x", "torch.catt is not known here (did you mean cat?)"),
        ("x = ReLU()(x)\nreturn x", "ReLU is a layer type; a forward calls layers, it does not make them"),
        ("x = nn.ReLUU()(x)\nreturn x", "16:7 nn.ReLUU is not known here"),
        ("return torch", "torch stands before a dot only"),
        ("x = 1", "16:3 the forward returns nothing (end it with return x)"),
        ("'''only words'''", "the forward is empty (without a forward the layers run in order)"),
        ("import os\nreturn x", "16:3 import is not part of the language"),
        ("from torch import nn\nreturn x", "import is not part of the language"),
        ("with open('x') as x:\n    return x", "16:8 the name open is not known here"),
        ("raise\nreturn x", "16:3 raise takes an error: raise ValueError('message')"),
        ("class A: pass\nreturn x", "classes are not part of the language"),
        ("@torch.jit.script\ndef forward(self, x):\n    return x", "decorators are not part of the language"),
        ("async def forward(x):\n    return x", "AsyncFunctionDef is not part of the language"),
        ("match x:\n    case 1: return x", "match is not part of the language"),
        ("yield x\nreturn x", "yield is not part of the language"),
        ("return x.__globals__", "__globals__ is private"),
        ("def forward(self, x, k=b'x'):\n    return x", "bytes values are not part of the language"),
        ("x = (1\nreturn x", "16:7 'x = (1\\nreturn x' is not a program: '(' was never closed"),
        ("return x +", "16:13 'return x +' is not a program: invalid syntax"),
    ],
)  # fmt: skip
def test_refused_when_built(refused, lines, message):
    text = program(lines)
    if "relus" in lines or "16:" in message:
        assert text.split("\n")[15].strip() == lines.split("\n")[0]
    assert message in refused(text)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("y = x\nif x.sum() > 3:\n    return x\nreturn y", "17:6 a decision on the data of a tensor (): the network"),
        ("return x if x else 1", "16:15 a decision on the data of a tensor (2, 4)"),
        ("return x and 1", "a decision on the data of a tensor"),
        ("return not x", "a decision on the data"),
        ("return 1 < x < 2", "a decision on the data"),
        ("return x in [1]", "a decision on the data"),
        ("return max([x, x])", "a decision on the data"),
        ("return int(x[0, 0])", "16:10 a decision on the data of a tensor ()"),
        ("return x.item()", "a decision on the data"),
        ("return range(x)", "a decision on the data"),
        ("x[0, 0, 0] = 1\nreturn x", "16:3 setitem wants at most 2 indices and one '...' and gets 3"),
        ("x[:, 0] = torch.ones(3)\nreturn x",
         "16:3 setitem wants a value (2,), or what broadcasts to it, for these items and gets (3,)"),
        ("x[0] = 'a'\nreturn x", "16:3 an item is a tensor or a number, not 'a'"),
        ("x[x > 0] = x\nreturn x", "16:3 how many elements a mask picks depends on the data, so a value (2, 4) may not"
         " fit (where(mask, value, x) takes the value's elements at the places of the mask)"),
        ("x[(x > 0).T] = 0\nreturn x", "16:3 a mask (4, 2) does not lie on the first axes of (2, 4)"),
        ("scale[0] = 1\nreturn x",
         "16:3 setitem would change a parameter or a buffer, which a forward leaves as it is"),
        ("if x.dim() == 2:\n    raise ValueError(f'{x.dim()} axes', 3)\nreturn x", "17:7 2 axes"),
        ("if x.dim() == 2:\n    raise NotImplementedError\nreturn x", "17:7 NotImplementedError"),
        ("del x\nreturn x", "the name x is not known here"),
        ("return isinstance(x)", "isinstance takes a value and a type, or a tuple of types"),
        ("return isinstance(x, math.sqrt)",
         "isinstance knows no type the function sqrt (as Tensor, list, tuple or int)"),
        ("return torch.finfo(torch.long)", "finfo wants a dtype with fractions and gets the text 'int64'"),
        ("return torch.iinfo(torch.half)", "iinfo wants a dtype of whole numbers and gets the text 'float16'"),
        ("return x.squeeze_(1)", "squeeze_() changes a tensor in place (write x = x.squeeze(...))"),
        ("return x.add_(torch.ones(3, 2, 4))", "add_ keeps shape and dtype, (2, 4) float32, and the result is (3, 2, 4)"
         " float32 (write x = x.add(...))"),
        ("return scale.mul_(x)", "mul_ would change a parameter or a buffer, which a forward leaves as it is"
         " (change a copy: y = x.clone())"),
        ("(1, 2)[0] = x\nreturn x", "16:3 items of a tuple of 2 cannot be assigned"),
        ("y = [1]\ny[3] = x\nreturn x", "17:3 index 3 of a list of 1"),
        ("return nn.Linear(4, 4)(x)", "16:10 Linear(...) in a forward would make a new layer at every call"),
        ("with relu(x) as y:\n    return x", "16:8 with is not part of the language (write the"),
        ("while True:\n    x = x\nreturn x", "the forward of Net takes more than"),
        ("if x.dim() == 3:\n    return no(x)\nreturn featurs(x) if x.dim() == 2 else x", "18:10 the name featurs"),
        ("return x.weight", "a tensor has no weight"),
        ("return list(x.mean())", "16:10 a tensor without axes has no items"),
        ("return convs.a.wait", "this Linear has no wait"),
        ("return x.grad_fn", "16:10 a tensor has no attribute grad_fn"),
        ("return x.is_mps", "a tensor has no attribute is_mps"),
        ("return x.shpe", "a tensor has no attribute shpe (did you mean shape?)"),
        ("return x.dim", "a tensor has no attribute dim (write dim())"),
        ("return x.veiw(-1)", "a tensor has no method veiw() (did you mean view?)"),
        ("return x.conv2d(1)", "conv2d is no method of tensors (write conv2d(x, ...))"),
        ("return x.size(5)", "size(5) of a tensor with 2 axes (2, 4)"),
        ("return x.dim(3)", "dim() takes no arguments"),
        ("return x + [1]", "+ does not work on a tensor (2, 4) and a list of 1"),
        ("return x << 1", "<< does not work on tensors"),
        ("return relu([x])", "16:10 "),
        ("return relu(x, 3, 4, 5)", "16:10 relu cannot be called so: "),
        ("return fc(x, x)", "this Linear cannot be called so: too many positional arguments"),
        ("return fc([x])", "Linear wants a tensor for input and gets a list of 1"),
        ("return blocks[7](x)", "16:10 this ModuleList has no item 7 (there are 0, 1, 2)"),
        ("return convs['c'](x)", "this ModuleDict has no item the text 'c' (there are a, b)"),
        ("return fc[0](x)", "a Linear has no items (make it a ModuleList or a ModuleDict)"),
        ("for layer in fc:\n    x = layer(x)\nreturn x",
         "16:16 a Linear is not a list of layers (make it a ModuleList)"),
        ("return fc.wieght", "this Linear has no wieght (did you mean weight?)"),
        ("return self.row.nothing(x)", "this Sequential has no nothing"),
        ("return blocks(x)", "ModuleList"),
        ("return fc(x)[9]", "16:10 getitem wants an index from -2 to 1 and gets 9"),
        ("return x.view(3, 3)", "16:10 "),
        ("return cat([x, x[:1]], 1)", "16:10 "),
        ("assert x.shape[0] == 7\nreturn x", "16:10 x.shape[0] == 7 does not hold"),
        ("assert x.shape[0] == 7, f'{x.shape[0]} is not 7'\nreturn x", "16:10 2 is not 7"),
        ("for i in range(0):\n    return x", "the forward of Net ended without a return"),
        ("a, b, c = x\nreturn a", "16:3 3 names for 2 values"),
        ("return width(x)", "4 cannot be called"),
        ("return 'relu'(x)", "the text 'relu' cannot be called (did you mean ReLU?)"),
        ("for i in range(10 ** 5):\n    for j in range(10 ** 5):\n        pass\nreturn x",
         "takes more than 300,000 steps"),
        ("parts = [x]\nfor i in range(30):\n    parts += parts\nreturn x", "the list grows beyond 100,000 items"),
        ("parts = [1]\nparts.append(parts)\nreturn str(parts)", "a list that contains itself cannot be used"),
        ("return dims.append(4)(x)", "None cannot be called"),
        ("return x.T.T.mT.nothing", "a tensor has no attribute nothing"),
        ("return x[0][0][0]", "16:10 "),
        ("return x[0, 0].view(1)[0] + x[9]", "16:"),
    ],
)  # fmt: skip
def test_refused_when_run(low_limits, build, lines, message):
    model = build(program(lines))
    for value in (X.copy(), TensorSpec(X.shape)):
        with pytest.raises(NnbuildError) as caught:
            model(value)
        assert message in report(caught.value)


def test_inputs_are_named_by_the_signature(build):
    model = build(program("def forward(self, x, mask=None, *, k):\n    return x * k if mask is None else x * mask"))
    np.testing.assert_array_equal(model(X, k=2), 2 * X)
    np.testing.assert_array_equal(model(X, X, k=2), X * X)
    for args, kwargs, message in [
        ((), {}, "Net takes x, mask, k and gets no x"),
        ((X,), {}, "Net takes x, mask, k and gets no k"),
        ((X, X, X, X), {}, "Net takes x, mask, k and gets 4 inputs"),
        ((X,), {"x": X, "k": 1}, "Net takes x, mask, k and gets x twice"),
        ((X,), {"maks": X, "k": 1}, "Net takes x, mask, k and gets maks (did you mean mask?)"),
    ]:
        with pytest.raises(NnbuildError) as caught:
            model(*args, **kwargs)
        assert report(caught.value).removeprefix("16:3 ") == message


def test_a_forward_keeps_nothing(build):
    model = build(program("dims.append(1)\nreturn x * len(dims)"))
    for _ in range(2):
        np.testing.assert_array_equal(model(X), 3 * X)


def test_several_inputs(build):
    text = "inputs: {x: [N, 2], mask: {shape: [N, 2], dtype: bool}}\nlayers: {a: Identity}\nforward: a(x) * mask\n"
    model = build(text)
    assert [(item.name, item.shape, item.dtype) for item in model.spec.inputs] == [
        ("x", ("N", 2), "float32"), ("mask", ("N", 2), "bool"),
    ]  # fmt: skip
    np.testing.assert_array_equal(model(np.ones((1, 2), np.float32), mask=np.array([[True, False]])), [[1, 0]])


def test_children_may_be_replaced(build):
    from nnbuild import nn

    model = build(program("return act(x) if skip is None else skip(x)"))
    model.act = nn.Identity()
    np.testing.assert_array_equal(model(X - 3), X - 3)


def test_problems_of_one_forward_come_together(refused):
    assert refused(program("x = foo(x)\ny = bar(x)\nreturn y")).count("\n") == 1
    assert refused(program("import os\nyield 1\nreturn x")).count("\n") == 1


def test_ops_are_recorded_in_the_place_of_their_call(build):
    model = build(program("y = x + 1\nreturn y.view(9)"))
    with pytest.raises(NnbuildError) as caught:
        model(TensorSpec(X.shape))
    assert (caught.value.mark.line, caught.value.mark.column, caught.value.mark.length) == (17, 10, 9)
    assert ops.is_tensor(build(program("return x + 1"))(TensorSpec(X.shape)))


def test_a_forward_draws_by_the_seed(build):
    text = "input: [2, 3]\nforward: x + torch.randn_like(x) * torch.randn(2, 3) + rand(3) + torch.bernoulli(x)\n"
    x = np.ones((2, 3), np.float32)
    first, again, other = (build(text, seed=seed)(x) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
