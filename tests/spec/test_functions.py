"""Functions, methods and what else a forward of PyTorch brings along: lambda, closures, `try`, sets, `while`."""

from __future__ import annotations

import numpy as np
import pytest

from nnbuild.engine import compile
from nnbuild.graph.trace import trace
from nnbuild.ops import TensorSpec
from tests.spec.conftest import evaluate

X = np.arange(8, dtype=np.float32).reshape(2, 4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(lambda x, k=2, *more, s=1, **kw: x * k + sum(more) + s + len(kw))(3, 4, 5, a=0)", 19),
        ("[f(3) for f in [lambda x, i=i: x + i for i in range(3)]]", [3, 4, 5]),
        ("list(map(lambda x: x * 2, [1, 2]))", [2, 4]),
        ("list(filter(None, [0, 1, 2]))", [1, 2]),
        ("[y := 3, y + 1]", [3, 4]),
        ("any((last := n) > 2 for n in [1, 3, 5]) and last", 5),
        ("{1, 2} | {2, 3}", {1, 2, 3}),
        ("{i % 2 for i in range(5)}", {0, 1}),
        ("next(iter([4, 5])), next(iter([]), 7)", (4, 7)),
        ("getattr(Linear(2, 3), 'in_features'), hasattr(Linear(2, 3), 'kernel_size')", (2, False)),
        ("callable(ReLU), callable(3), isinstance(3, (int, str))", (True, False, True)),
        ("f'{[1, (2,)]!r}-{3:02d}', '{}_{:d}_{name}'.format('a', 2, name='b'), '%s%02d' % ('x', 3)",
         ("[1, (2,)]-03", "a_2_b", "x03")),
        ("' a,b '.strip().split(','), '-'.join(['a', 'b']), 'abc'.replace('b', 'd')", (["a", "b"], "a-b", "adc")),
        ("sorted([3, 1, 2], key=lambda v: -v), max([1, -5], key=abs)", ([3, 2, 1], -5)),
        ("list(zip(*[[1, 2], [3, 4]]))", [(1, 3), (2, 4)]),
        ("type(ReLU()).__name__, ReLU().__class__.__name__", ("ReLU", "ReLU")),
        ("1 < 2 < 3, 1 < 3 < 2, not (1 < 3 < 2)", (True, False, True)),
        ("{'a': 1}.get('b', 4), {'a': 1}['a'], {(1, 2): 3}[(1, 2)]", (4, 1, 3)),
        ("partial(max, 3)(2, 5)", 5),
        ("np.newaxis is None, math.factorial(4)", (True, 24)),
    ],
)  # fmt: skip
def test_evaluates(text, value):
    found = evaluate(text)
    assert found == value and type(found) is type(value)


FUNCTIONS = """
name: Net
input: [N, 4]
functions: |
  def scaled(x, by=2):
      '''x times by.'''
      def twice(y):
          return y * by
      return twice(x)
  def widths(n):
      found = []
      while len(found) < n:
          found.append(4 * len(found))
      return found
let:
  total(n): |
    count = 0
    for width in widths(n):
        count += width
    return count
  wide: total(4)
layers:
  fc: Linear(4, wide, bias=False)
forward: |
  return scaled(fc(x), by=3) if wide == 24 else nowhere(x)
"""


def test_functions_of_several_lines(build):
    model = build(FUNCTIONS)
    np.testing.assert_allclose(model(X), X @ model.fc.weight.data.T * 3, rtol=1e-5)


METHODS = """
name: Net
input: [N, 4]
blocks:
  Attention(dim):
    layers: {fc: {Linear: [dim, dim]}}
    methods:
      _norm(x, *, eps=1): |
        return x + eps
      width: |
        @property
        def width(self):
            return self.fc.out_features
      encode: |
        def encode(self, x, *more, **options):
            self.seen = self.fc(self._norm(x, **options))
            return self.seen
    forward: |
      def forward(self, *args, **kwargs):
          y = self.encode(*args, **kwargs)
          assert self.seen is y and self.width == 4
          return self.fc.forward(y)
layers:
  - Attention(4)
  - LayerNorm(4)
"""


def test_methods_of_a_block_and_what_is_kept_for_a_call(build):
    model = build(METHODS)
    block = model[0]
    expected = (X + 1) @ block.fc.weight.data.T + block.fc.bias.data
    expected = expected @ block.fc.weight.data.T + block.fc.bias.data
    np.testing.assert_allclose(block(X), expected, rtol=1e-5)
    np.testing.assert_allclose(compile(model.eval())(X), model(X), rtol=1e-5)
    assert not hasattr(block, "seen")
    with pytest.raises(Exception, match="Attention has no layer, parameter or param seen"):
        build(METHODS.replace("self.seen is y", "True").replace("self.seen = ", "y = ").replace(
            "return self.seen", "return self.seen if self.seen else y"))(X)  # fmt: skip


def test_a_block_named_like_a_layer_wins_in_its_file(build):
    model = build(
        "blocks:\n  LayerNorm(dim):\n    parameters: {g: ones(dim)}\n    forward: x * g\n"
        "input: [N, 4]\nlayers:\n  - LayerNorm(4)\n  - nn.LayerNorm(4)\n"
    )
    assert list(model.state_dict()) == ["0.g", "1.weight", "1.bias"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("f = lambda y: y + k\nk = 2\nreturn f(x)", X + 2),
        ("i = 0\nwhile i < 3:\n    i += 1\n    x = x + 1\nelse:\n    x = x * 2\nreturn x", (X + 3) * 2),
        ("try:\n    y = {'a': 1}['b']\nexcept KeyError:\n    y = 2\nreturn x * y", X * 2),
        ("total = 0\ndef add(n):\n    nonlocal total\n    total = total + n\nadd(3)\nreturn x + total", X + 3),
        ("for m in self:\n    x = m(x)\nreturn x + len(self)", X + 2),
        ("for name, m in self.named_children():\n    x = m(x)\nreturn self[0](x)", X),
        ("with torch.autocast('cuda', enabled=False):\n    y = x[:, np.newaxis]\nreturn y[:, 0]", X),
        ("torch._assert(x.dim() == 2, 'two')\nreturn x.cuda().to(x.device)", X),
        ("y = [1, 2, 3]\ndel y[0]\ny[0:1] = [5, 6]\nreturn x + sum(y)", X + 14),
        ("return torch.autograd.Variable(x) + sum(g for g in (1, 2))", X + 3),
        ("y = nn.functional.relu(x)\nreturn nn.Softmax(dim=1)(y)", None),
    ],
)
def test_a_forward_may(build, lines, expected):
    body = lines.replace("\n", "\n  ")
    model = build(f"input: [N, 4]\nlayers: [Identity, Identity]\nforward: |\n  {body}\n").eval()
    result = model(X.copy())
    if expected is not None:
        np.testing.assert_allclose(result, expected)
    assert trace(model, TensorSpec(X.shape)).outputs[0].shape == X.shape


def test_a_table_is_written_while_it_is_made(build):
    model = build(
        "input: [N, 4]\nbuffers:\n  pe: |\n    pe = torch.zeros(2, 4)\n    pe[:, 0::2] = torch.ones(2, 2)\n"
        "    pe[0] += 1\n    return pe\nforward: x + pe\n"
    )
    np.testing.assert_array_equal(model(X) - X, [[2, 1, 2, 1], [1, 0, 1, 0]])


def test_what_misled(refused):
    assert refused("params: {N: 2}\ninput: [N, 4]\nlayers: [ReLU]\n").startswith("1:10 N is the batch, not a param")
    text = 'let:\n  widths: "[2 * i for i in (1, 2)]"\nlayers: [ReLU]\n'
    assert refused(text).startswith("2:11 a list in quotes is text (write it without quotes")
