"""Networks that compute in the domain of frequencies: their forwards run as they stand, and as in PyTorch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from nnbuild import TensorSpec, trace
from nnbuild.engine import compile
from tests.spec.conftest import report
from tests.spec.forward_in_both import results, spec_text, torch_network


class Network(NamedTuple):
    """A network as a spec and PyTorch write it alike. Params: shapes, those of the outputs for one sample."""

    forward: str
    inputs: dict[str, str]
    shapes: list[tuple[tuple[int, ...], str]]
    layers: dict[str, str] = {}
    parameters: dict[str, str] = {}
    buffers: dict[str, str] = {}

    @property
    def text(self) -> str:
        return spec_text(self.forward, self.inputs, self.layers, self.parameters, self.buffers)


NETWORKS = {
    "FNet": Network(
        """\
# x
mixed = torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real
x = self.norm1(x + mixed)
return self.norm2(x + self.fc2(F.gelu(self.fc1(x))))
""",
        {"x": "[N, 6, 8]"},
        [((1, 6, 8), "float32")],
        {"norm1": "LayerNorm(8)", "fc1": "Linear(8, 16)", "fc2": "Linear(16, 8)", "norm2": "LayerNorm(8)"},
    ),
    "GFNet": Network(
        """\
# x
B, N, C = x.shape
a = b = 4
x = x.view(B, a, b, C)
x = x.to(torch.float32)
x = torch.fft.rfft2(x, dim=(1, 2), norm='ortho')
weight = torch.view_as_complex(self.complex_weight)
x = x * weight
x = torch.fft.irfft2(x, s=(a, b), dim=(1, 2), norm='ortho')
return x.reshape(B, N, C)
""",
        {"x": "[N, 16, 6]"},
        [((1, 16, 6), "float32")],
        parameters={"complex_weight": "nn.Parameter(randn(4, 3, 6, 2))"},
    ),
    "FNO": Network(
        """\
# x
batchsize = x.shape[0]
x_ft = torch.fft.rfft2(x)
out_ft = torch.zeros(batchsize, 3, x.size(-2), x.size(-1)//2 + 1, dtype=torch.cfloat, device=x.device)
out_ft[:, :, :2, :3] = torch.einsum("bixy,ioxy->boxy", x_ft[:, :, :2, :3], self.weights1)
out_ft[:, :, -2:, :3] = torch.einsum("bixy,ioxy->boxy", x_ft[:, :, -2:, :3], self.weights2)
x1 = torch.fft.irfft2(out_ft, s=(x.size(-2), x.size(-1)))
return F.gelu(x1 + self.w(x))
""",
        {"x": "[N, 2, 6, 8]"},
        [((1, 3, 6, 8), "float32")],
        {"w": "Conv2d(2, 3, 1)"},
        dict.fromkeys(("weights1", "weights2"), "nn.Parameter(rand(2, 3, 2, 3, dtype=torch.cfloat))"),
    ),
    "spectrogram": Network(
        """\
# x
spec = torch.stft(x, 40, hop_length=16, win_length=32, window=self.window, return_complex=True)
power = spec.real ** 2 + spec.imag ** 2
phase = spec / spec.abs().clamp(min=1e-3)
y = self.fc(torch.log(power + 1e-6).transpose(1, 2)).mean(1)
magnitude, angle = torch.abs(spec), spec.angle()
again = torch.istft(torch.polar(magnitude, angle), 40, 16, 32, self.window, length=x.shape[-1])
if torch.is_complex(spec) and not x.is_complex():
    y = y + torch.view_as_real(spec).mean()
return y, again, phase.conj(), spec.mH @ spec
""",
        {"x": "[N, 160]"},
        [((1, 5), "float32"), ((1, 160), "float32"), ((1, 21, 11), "complex64"), ((1, 11, 11), "complex64")],
        {"fc": "Linear(21, 5)"},
        buffers={"window": "hann_window(32)"},
    ),
    "complex": Network(
        """\
# x
z = torch.complex(x, torch.linalg.norm(x, dim=-1, keepdim=True).expand_as(x))
z = torch.fft.fftshift(torch.fft.fft2(z, norm='ortho'), dim=(-2, -1))
product = z @ self.weight + z.sum(-1, keepdim=True)
angle = torch.angle(product) / torch.pi
inverse = torch.linalg.inv(product @ product.mH + torch.eye(4))
return product.abs() * torch.cos(angle), inverse, product.to(torch.cdouble)
""",
        {"x": "[N, 4, 4]"},
        [((1, 4, 4), "float32"), ((1, 4, 4), "complex64"), ((1, 4, 4), "complex128")],
        parameters={"weight": "nn.Parameter(randn(4, 4, dtype=torch.complex64))"},
    ),
}

over = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def given(model: Any, batch: int = 2) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.normal(size=input.sized(batch)).astype(input.dtype) for input in model.spec.inputs]


@over
def test_shapes_and_the_engine(network: Network, build: Any) -> None:
    model = build(network.text).eval()
    graph = trace(model, *(TensorSpec(input.sized(), input.dtype) for input in model.spec.inputs))
    assert [(value.shape, value.dtype) for value in graph.outputs] == network.shapes
    arrays = given(model)
    for fast, plain in zip(results(compile(model, *arrays)(*arrays)), results(model(*arrays)), strict=True):
        assert fast.dtype == plain.dtype
        np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.torch
@over
def test_as_pytorch(network: Network, build: Any) -> None:
    torch: Any = pytest.importorskip("torch")
    model = build(network.text).eval()
    theirs = torch_network(network.forward, network.layers, network.parameters, network.buffers)
    model.load_state_dict({key: tensor.numpy() for key, tensor in theirs.state_dict().items()})
    arrays = given(model)
    expected = theirs(*map(torch.from_numpy, arrays))
    for ours, wanted in zip(results(model(*arrays)), results(expected), strict=True):
        assert (ours.shape, ours.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=2e-4)


def test_complex_tensors_take_their_bytes(build: Any) -> None:
    model = build("input: [N, 4]\nparameters: {w: 'Parameter(zeros(2, 3, dtype=torch.cfloat))'}\nforward: x @ self.w")
    assert model.w.nbytes == 48
    assert TensorSpec((5,), "complex128").nbytes == 80


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        ("torch.fft.rfft(torch.fft.fft(x))", "fft_rfft wants real numbers and gets complex64"),
        ("F.relu(torch.fft.fft(x))", "relu wants real numbers and gets complex64"),
        ("torch.fft.fft(x).softmax(-1)", "softmax wants real numbers and gets complex64"),
        ("torch.fft.fft(x) > 0", "gt wants real numbers and gets complex64"),
        ("torch.fft.fft(x) @ x.T", "matmul wants tensors of one dtype and gets complex64 and float32"),
        ("x.imag", "imag wants complex numbers and gets float32"),
        ("torch.fft.ftf(x)", "fft.ftf is not known here"),
        ("torch.linalg.nrom(x)", "linalg.nrom is not known here"),
        ("x[None].H", "H is of a matrix, not of a tensor with 3 axes"),
        ("torch.is_complex(1)", "is_complex takes one tensor"),
    ],
)
def test_refusals(forward: str, message: str, build: Any) -> None:
    from nnbuild.errors import NnbuildError

    with pytest.raises(NnbuildError) as caught:
        trace(build(f"input: [N, 4]\nforward: {forward!r}"), TensorSpec((2, 4)))
    assert message in report(caught.value)


def test_a_tensor_may_be_called_like_a_namespace(build: Any) -> None:
    model = build("input: [N, 4]\nforward: |\n  fft = torch.fft.fft(x)\n  return fft.real, fft.abs()")
    assert [value.dtype for value in trace(model, TensorSpec((2, 4))).outputs] == ["float32", "float32"]


def test_complex_numbers_are_written_as_in_python(build: Any) -> None:
    results_of = "turned, x + 2j * (1 - 1j), -1j * turned, 1j ** 2 * x"
    model = build(f"input: [N, 2]\nforward: |\n  turned = 1j * x\n  return {results_of}")
    x = np.array([[1, -2]], np.float32)
    expected = [1j * x, x + 2 + 2j, x, -x]
    for array, wanted in zip(model(x), expected, strict=True):
        assert array.dtype == np.complex64
        np.testing.assert_allclose(array, wanted, atol=1e-6)


def test_rotary_positions_by_complex_numbers(build: Any) -> None:
    text = """\
input: [N, 6, 2, 8]
forward: |
  freqs = torch.outer(torch.arange(6), 1.0 / (10000.0 ** (torch.arange(0, 8, 2).float() / 8)))
  freqs_cis = torch.polar(torch.ones_like(freqs), freqs)
  x_ = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
  return torch.view_as_real(x_ * freqs_cis.view(1, 6, 1, 4)).flatten(3).type_as(x)
"""
    model = build(text)
    (x,) = given(model)
    angles = np.arange(6)[:, None] * 10000.0 ** (-np.arange(0, 8, 2) / 8)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    even, odd = x[..., ::2], x[..., 1::2]
    expected = np.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)
