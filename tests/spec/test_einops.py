"""einops in specs: its functions in a forward, by their own names and behind `einops.`, and its layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import TensorSpec, trace
from nnbuild.engine import compile
from nnbuild.errors import NnbuildError
from tests.spec.conftest import report

VIT = """\
input: [N, 3, 8, 8]
layers:
  to_patch_embedding:
    Sequential:
      - Rearrange('b c (h p1) (w p2) -> b (h w) (p1 p2 c)', p1=4, p2=4)
      - Linear(48, 12)
  to_qkv: Linear(12, 36, bias=False)
  pool: {Reduce: {pattern: "b n c -> b c", reduction: mean}}
  patches: {Rearrange: {pattern: "b (h w) c -> b h w c", h: 2}}
parameters:
  cls_token: Parameter(randn(1, 1, 12))
forward: |
  x = self.to_patch_embedding(x)
  b, n, _ = x.shape
  cls_tokens = repeat(self.cls_token, '1 1 d -> b 1 d', b=b)
  q, k, v = map3(self.to_qkv(x))
  dots = einsum(q, k, 'b h i d, b h j d -> b h i j')
  out = torch.einsum('bhij,bhjd->bhid', dots.softmax(-1), v)
  out = einops.rearrange(out, 'b h n d -> b n (h d)')
  x = torch.cat((cls_tokens, out), dim=1)
  packed, shapes = pack([x, out], 'b * d')
  x, out = unpack(packed, shapes, 'b * d')
  return self.pool(x), self.patches(out), einops.reduce(x, 'b n c -> b n', 'max'), x.repeat(1, 2, 1)
""".replace("map3(self.to_qkv(x))", "rearrange(self.to_qkv(x), 'b n (three h d) -> three b h n d', three=3, h=2)")


def test_a_network_with_patterns(build: Any) -> None:
    model = build(VIT).eval()
    graph = trace(model, TensorSpec((2, 3, 8, 8)))
    assert [value.shape for value in graph.outputs] == [(2, 12), (2, 2, 2, 12), (2, 5), (2, 10, 12)]
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    outputs = model(x)
    for fast, plain in zip(compile(model, x)(x), outputs, strict=True):
        np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(outputs[3][:, :5].mean(1), outputs[0], rtol=1e-5)
    patches = x.reshape(2, 3, 2, 4, 2, 4).transpose(0, 2, 4, 3, 5, 1).reshape(2, 4, 48)
    np.testing.assert_array_equal(model.to_patch_embedding[0](x), patches)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("forward: rearrange(x, 'b (h w) -> b h w', h=3)",
         "2:10 rearrange 'b (h w) -> b h w' of (2, 8), h=3 cannot divide an axis of 8 into (h w), 3 for what is known"),
        ("forward: einops.rearange(x, 'b c -> c b')",
         "2:10 einops.rearange is not known here (did you mean rearrange?)"),
        ("layers: [\"Rearrange('b c h -> b (c h)')\"]",
         "2:11 Rearrange 'b c h -> b (c h)' of (2, 8) wants a tensor of 3 axes and gets one of 2"),
        ("forward: einsum(x, x, 'b c, b d')", "2:10 einsum 'b c, b d' wants one -> between"),
    ],
)  # fmt: skip
def test_refusals_at_their_place(spec: str, message: str, build: Any) -> None:
    with pytest.raises(NnbuildError) as caught:
        trace(build(f"input: [N, 8]\n{spec}"), TensorSpec((2, 8)))
    assert message in report(caught.value)


def test_a_layer_with_a_broken_pattern(refused: Any) -> None:
    assert refused("layers: [\"Rearrange('b (c -> b c')\"]").endswith("has a ( without a ) in 'b (c'")


def test_own_names_come_first(build: Any) -> None:
    model = build("input: [N, 8]\nlayers:\n  reduce: Linear(8, 2)\n  pack: ReLU\nforward: pack(reduce(x))")
    assert trace(model, TensorSpec((2, 8))).outputs[0].shape == (2, 2)
