"""Plausible slips, and the advice that each must get: what a person would say who sees the mistake."""

from __future__ import annotations

import pytest

from nnbuild.errors import NnbuildError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec

from .conftest import report

IMAGE, SEQUENCE, VECTOR = "[N, 3, 8, 8]", "[N, 20, 32]", "[N, 16]"
VIEW = "  return fc(x.view(x.size(0), -1))"
FLAT = "  return fc(torch.flatten(x))"


def spec(layers: str, input: str = IMAGE, forward: str = "") -> str:
    """A spec of these layers, one a line."""
    program = f"forward: |\n{forward}\n" if forward else ""
    lines = "".join(f"  {line}\n" for line in layers.split("\n"))
    return f"input: {input}\nlayers:\n{lines}{program}"


def program(line: str, layers: str = "fc: Linear(16, 4)") -> str:
    """A spec whose forward has this line."""
    return spec(layers, VECTOR, f"  {line}\n  return fc(x)")


#: The spec, and what its advice says.
SLIPS = [
    # Names of layers
    (spec("- conv2d(3, 6, 3)"), "did you mean Conv2d?"),
    (spec("- Conv2D(3, 6, 3)"), "did you mean Conv2d?"),
    (spec("- Cov2d(3, 6, 3)"), "did you mean Conv2d?"),
    (spec("- conv_2d(3, 6, 3)"), "did you mean Conv2d?"),
    (spec("- Conv(3, 6, 3)"), "did you mean Conv1d, Conv2d or Conv3d, by the axes of the input?"),
    (spec("- {flatten: }"), "did you mean Flatten?"),
    (spec("- a: flatten"), "did you mean Flatten?"),
    (spec("- a: relu"), "did you mean ReLU?"),
    (spec("- a: RELU"), "did you mean ReLU?"),
    (spec("- a: Relu"), "did you mean ReLU?"),
    (spec("- a: leaky_relu"), "did you mean LeakyReLU?"),
    (spec("- a: softmax"), "did you mean Softmax?"),
    (spec("- a: SoftMax"), "did you mean Softmax?"),
    (spec("- a: BatchNorm(3)"), "did you mean BatchNorm1d, BatchNorm2d or BatchNorm3d, by the axes of the input?"),
    (spec("- a: batch_norm"), "did you mean BatchNorm1d, BatchNorm2d or BatchNorm3d, by the axes of the input?"),
    (spec("- a: BatchNormalization(3)"), "BatchNorm1d, BatchNorm2d or BatchNorm3d, by the axes of the input"),
    (spec("- a: MaxPool(2)"), "did you mean MaxPool1d, MaxPool2d or MaxPool3d, by the axes of the input?"),
    (spec("- a: AvgPool(2)"), "did you mean AvgPool1d, AvgPool2d or AvgPool3d, by the axes of the input?"),
    (spec("- a: MaxPooling2D(2)"), "did you mean MaxPool2d?"),
    (spec("- a: InstanceNorm(3)"), "did you mean InstanceNorm1d, InstanceNorm2d or InstanceNorm3d"),
    (spec("- a: AdaptiveAvgPool(1)"), "did you mean AdaptiveAvgPool1d, AdaptiveAvgPool2d or AdaptiveAvgPool3d"),
    (spec("- a: Swish"), "did you mean SiLU?"),
    (spec("- a: swish"), "did you mean SiLU?"),
    (spec("- a: Dense(10)"), "did you mean Linear?"),
    (spec("- a: FullyConnected(10)"), "did you mean Linear?"),
    (spec("- a: GlobalAveragePooling2D"), "AdaptiveAvgPool2d(1), and Flatten behind it"),
    (spec("- a: Deconv2d(3, 6, 3)"), "did you mean ConvTranspose2d?"),
    (spec("- a: DropOut(0.5)"), "did you mean Dropout?"),
    (spec("- a: layernorm(8)"), "did you mean LayerNorm?"),
    (spec("- a: Lstm(8, 8)"), "did you mean LSTM?"),
    (spec("- a: MultiHeadAttention(8, 2)"), "did you mean MultiheadAttention?"),
    (spec("- a: Linar(8, 8)"), "did you mean Linear?"),
    (spec("- a: Concatenate"), "write cat([x, y], 1) in the `forward:`"),
    # Options
    (spec("- Conv2d(3, 6, kernel=3)"), "did you mean kernel_size?"),
    (spec("- Conv2d(3, 6, 3, pad=1)"), "did you mean padding?"),
    (spec("- Conv2d(3, 6, 3, strides=2)"), "did you mean stride?"),
    (spec("- Conv2d(in_chanels=3, out_channels=6, kernel_size=3)"), "did you mean in_channels?"),
    (spec("- Conv2d(3, -8, 3)"), "Conv2d wants out_channels of at least 0 and gets -8"),
    (spec("- Conv2d(3, 8, -3)"), "kernel_size must be at least 0, not -3"),
    (spec("- Dropout(rate=0.5)"), "it is Dropout(p=0.5, inplace=False)"),
    (spec("- Unflatten(1, 3)"), "(3,) is a tuple of one"),
    (spec("conv1: {type: Conv2d, in_channels: 3}"), "write {Conv2d: {in_channels: ...}}"),
    (spec("act: {type: ReLU}"), "write ReLU"),
    # The input
    (spec("- ReLU", "[batch, 3, 8, 8]"), "write [N, 3, 8, 8]"),
    (spec("- ReLU", "[None, 3, 8, 8]"), "write [N, 3, 8, 8]"),
    (spec("- ReLU", "[-1, 3, 8, 8]"), "write [N, 3, 8, 8]"),
    (spec("- ReLU", "[B, 3, 8, 8]"), "write [N, 3, 8, 8]"),
    (spec("- ReLU", "[batch_size, 3, 8, 8]"), "write [N, 3, 8, 8]"),
    (spec("fc: Linear(192, 10)", "[3, 8, 8]", VIEW), "the input has no batch: write input: [N, 3, 8, 8]"),
    # Sizes
    (spec("- Linear(192, 10)"), "a Flatten before it makes 3*8*8 = 192 features of (1, 3, 8, 8)"),
    (spec("- Linear(100, 10)"), "a Flatten before it makes 3*8*8 = 192 features of (1, 3, 8, 8), for Linear(192, 10)"),
    (spec("- Flatten\n- Linear(100, 10)"), "Linear(192, 10), or LazyLinear(10)"),
    (spec("- Linear(20, 10)", SEQUENCE), "the features stand before the last axis: x.transpose(1, 2) before it"),
    (spec("- Linear(30, 10)", SEQUENCE), "Linear(32, 10), or LazyLinear(10)"),
    (spec("fc: Linear(192, 10)", "[8, 3, 8, 8]", FLAT), "1536 = 8*192: flatten(x, 1) keeps the batch"),
    (spec("- Conv2d(4, 6, 3)"), "in_channels=3, or a layer before it that gives 4"),
    (spec("- Conv2d(1, 8, 3)", "[N, 28, 28, 1]"), "channels stand first here, (N, C, H, W): x.permute(0, 3, 1, 2)"),
    (spec("- Conv1d(32, 8, 3)", SEQUENCE), "channels stand first here, (N, C, L): x.permute(0, 2, 1)"),
    (spec("- BatchNorm1d(32)", SEQUENCE), "(N, C, L): x.transpose(1, 2) before and after it"),
    (spec("- BatchNorm2d(3)", "[N, 8, 8, 3]"), "channels stand first here: x.permute(0, 3, 1, 2) before it"),
    # Layers in a row
    (spec("- LSTM(32, 64)\n- Linear(64, 5)", SEQUENCE), "write a forward, e.g. output, _ = lstm(x)"),
    (spec("rnn: GRU(32, 64)\nfc: Linear(64, 5)", SEQUENCE), "write a forward, e.g. output, _ = rnn(x)"),
    (spec("- LSTM(32, 64)\n- Dropout(0.5)\n- Linear(64, 5)", SEQUENCE), "e.g. output, _ = lstm(x)"),
    (spec("- MaxPool2d(2, return_indices=True)\n- ReLU"), "e.g. values, _ = maxpool2d(x)"),
    (spec("- MultiheadAttention(32, 4)", SEQUENCE), "y = multiheadattention(query, key, value)"),
    (spec("- Bilinear(16, 16, 4)", VECTOR), "y = bilinear(input1, input2)"),
    (spec("- ModuleList([ReLU()])"), "write a `forward:` that says how"),
    # The forward
    (program("print(x.shape)"), "`nnbuild summary` shows the shape of every layer"),
    (program("x = F.Relu(x)"), "did you mean relu?"),
    (program("x = fc1(x)"), "did you mean fc?"),
    (program("x = nn.Linear(3, 3)(x)"), "name it under `layers:` and call it by its name"),
    (program("x = x.reshpe(1, 16)"), "did you mean reshape?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "advice"), SLIPS, ids=[f"{place}" for place in range(len(SLIPS))])
def test_the_advice(build, text: str, advice: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        model = build(text)
        trace(model, *(TensorSpec(input.sized(), input.dtype) for input in model.spec.inputs))
    assert advice in report(caught.value)


def test_the_advice_on_a_batch_is_given_only_where_it_helps(build) -> None:
    model = build(spec("fc: Linear(191, 10)", "[3, 8, 8]", VIEW))
    with pytest.raises(NnbuildError) as caught:
        trace(model, TensorSpec((3, 8, 8)))
    assert "batch" not in report(caught.value)


def test_several_tensors_in_ones_place(build) -> None:
    """The layer that gave them is named, with what they are."""
    model = build(spec("- LSTM(32, 64)\n- Linear(64, 5)", SEQUENCE))
    with pytest.raises(NnbuildError) as caught:
        trace(model, TensorSpec((1, 20, 32)))
    error = caught.value
    assert error.message == "Linear wants a tensor for input and gets a tuple of 2"
    assert error.notes == ["LSTM gives (output, (h, c)), at 0"]
    assert (error.mark.line, error.path) == (4, "1")
