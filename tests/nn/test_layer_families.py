"""What layers do beyond the table of cases: running statistics, tables given from outside, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import NnbuildError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec

BATCH = np.arange(24, dtype=np.float32).reshape(4, 3, 2)

REFUSED = [
    ("GroupNorm(3, 4)", "GroupNorm wants num_channels that num_groups=3 divides and gets 4"),
    ("BatchNorm1d(-1)", "BatchNorm1d wants num_features of at least 0 and gets -1"),
    ("Dropout(1.5)", "Dropout wants a probability between 0 and 1 for p and gets 1.5"),
    ("Hardtanh(1.0, -1.0)", "Hardtanh wants max_val above min_val and gets -1.0 and 1.0"),
    ("PReLU(-1)", "PReLU wants num_parameters of at least 0 and gets -1"),
    ("FractionalMaxPool2d(2)", "FractionalMaxPool2d wants output_size or output_ratio, and not both"),
    ("FractionalMaxPool2d(2, 3, 0.5)", "FractionalMaxPool2d wants output_size or output_ratio, and not both"),
    ("FractionalMaxPool2d(2, output_ratio=(0.5, 1.5))",
     "FractionalMaxPool2d wants an output_ratio of one number or 2 between 0 and 1 and gets (0.5, 1.5)"),
    ("Embedding(3, 2, 3)", "Embedding wants a padding_idx below its 3 rows and gets 3"),
    ("Embedding(-3, 2)", "Embedding wants num_embeddings of at least 0 and gets -3"),
    ("MaxUnpool2d((1, 2, 3))", "kernel_size wants one whole number or 2, not (1, 2, 3)"),
]  # fmt: skip
OURS_ALONE = [
    ("GELU('fast')", "GELU wants 'none' or 'tanh' for approximate and gets 'fast'"),
    ("UpsamplingNearest2d(2, mode='area')", "UpsamplingNearest2d has no option 'mode'"),
]

MISFITS = [
    ("BatchNorm2d(3)", (2, 3, 4), "BatchNorm2d wants an input of 4 axes (N, 3, ...) and gets (2, 3, 4)"),
    ("SyncBatchNorm(3)", (3,), "SyncBatchNorm wants an input of at least 2 axes (N, 3, ...) and gets (3,)"),
    ("BatchNorm1d(3)", (2, 4), "BatchNorm1d wants 3 channels, the size of its running_mean, and gets 4: (2, 4)"),
    ("InstanceNorm1d(3)", (2, 3, 4, 5),
     "InstanceNorm1d wants an input of 2 or 3 axes (N, 3, ...) and gets (2, 3, 4, 5)"),
    ("Softmax2d()", (3, 4), "Softmax2d wants an input of 4 axes (N, C, H, W) or 3 (C, H, W) and gets (3, 4)"),
    ("MaxPool2d(5)", (1, 4, 4), "MaxPool2d has a window of 5 and its input only 4 elements of an axis"),
    ("PReLU(3)", (1, 4, 4), "PReLU has 3 slopes and its input 4 channels: (1, 4, 4)"),
]  # fmt: skip


def build(text: str, namespace: Any = nn) -> Any:
    return eval(text, {name: getattr(namespace, name) for name in dir(namespace) if name[:1].isupper()})


@pytest.mark.parametrize(("text", "message"), REFUSED + OURS_ALONE)
def test_options_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        build(text)
    assert caught.value.message == message


@pytest.mark.parametrize(("text", "shape", "message"), MISFITS)
def test_inputs_that_do_not_fit(text: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        build(text).eval()(TensorSpec(shape))
    assert caught.value.message == message


def test_a_batch_is_counted_once_and_not_by_a_trace() -> None:
    layer = nn.BatchNorm1d(3)
    trace(layer, TensorSpec((4, 3, 2)))
    layer(TensorSpec((4, 3, 2)))
    assert layer.state_dict()["num_batches_tracked"] == 0
    layer(BATCH)
    assert layer.state_dict()["num_batches_tracked"] == 1
    layer.eval()(BATCH)
    assert layer.state_dict()["num_batches_tracked"] == 1
    layer.reset_running_stats()
    assert [array.tolist() for array in list(layer.state_dict().values())[2:]] == [[0, 0, 0], [1, 1, 1], 0]


@pytest.mark.torch
@pytest.mark.parametrize("momentum", [None, 0.1, 0.7])
@pytest.mark.parametrize("kind", ["BatchNorm1d", "InstanceNorm1d"])
def test_running_statistics_are_torchs(kind: str, momentum: float | None) -> None:
    torch: Any = pytest.importorskip("torch")
    if kind == "InstanceNorm1d" and momentum is None:
        return
    options = {"momentum": momentum, "track_running_stats": True}
    ours, theirs = getattr(nn, kind)(3, **options), getattr(torch.nn, kind)(3, **options)
    for scale in (1, 2, -3):
        ours(BATCH * scale)
        theirs(torch.from_numpy(BATCH * scale))
    for key, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], tensor.numpy(), rtol=1e-6, atol=1e-5, err_msg=key)
    result, expected = ours.eval()(BATCH), theirs.eval()(torch.from_numpy(BATCH)).detach().numpy()
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_a_table_from_outside() -> None:
    table = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    nn.manual_seed(0)
    layer = nn.Embedding.from_pretrained(table, padding_idx=-1)
    assert layer(np.array([1, 0])).tolist() == [[3, 4], [1, 2]]
    assert (layer.padding_idx, layer.weight.requires_grad) == (1, False)
    assert nn.EmbeddingBag.from_pretrained(table, freeze=False, mode="sum").weight.requires_grad
    after = nn.Linear(2, 2).weight.data.copy()
    nn.manual_seed(0)
    assert np.array_equal(nn.Linear(2, 2).weight.data, after)  # no numbers are drawn for a table that is given
    with pytest.raises(NnbuildError, match="Embedding wants a table of 2 axes"):
        nn.Embedding.from_pretrained(np.zeros(3))
    with pytest.raises(NnbuildError, match=r"Embedding wants a _weight of \(3, 2\) and gets \(2, 2\)"):
        nn.Embedding(3, 2, _weight=table)


def test_the_row_of_the_padding_begins_with_zeros() -> None:
    assert not nn.Embedding(4, 3, padding_idx=2).weight.data[2].any()
    assert nn.Embedding(4, 3).weight.data.all()


def test_fractional_places_may_be_fixed() -> None:
    samples = np.full((1, 2, 2), 0.3, np.float32)
    layer = nn.FractionalMaxPool2d(2, output_ratio=0.5, _random_samples=samples)
    image = np.random.default_rng(0).random((1, 2, 6, 6), dtype=np.float32)
    assert np.array_equal(layer(image), layer(image))
    assert list(layer.state_dict()) == ["_random_samples"]


def test_offsets_of_bags() -> None:
    layer = nn.EmbeddingBag(4, 3, mode="sum")
    rows = layer.weight.data
    result = layer(np.array([0, 1, 3]), np.array([0, 2]))
    np.testing.assert_allclose(result, [rows[0] + rows[1], rows[3]], rtol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("text", [text for text, _ in REFUSED])
def test_torch_refuses_too(text: str) -> None:
    torch: Any = pytest.importorskip("torch")
    if text in ("Embedding(-3, 2)", "FractionalMaxPool2d(2)") or "Unpool" in text:
        return  # the first fails in the allocator, the last only when called
    with pytest.raises((ValueError, AssertionError, RuntimeError)):
        build(text, torch.nn)
