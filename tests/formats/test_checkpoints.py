"""Checkpoints of PyTorch: every format, with the values that PyTorch reads from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats.weights import WeightsFile, open_weights

FOLDER = Path(__file__).parent.parent / "golden" / "checkpoints"
FILES = sorted(path.stem for path in FOLDER.glob("*.pt"))
FORMATS = {"stream": "stream", "module_stream": "stream", "tar": "tar"}


def opened(name: str) -> WeightsFile:
    return open_weights(FOLDER / f"{name}.pt")


def test_there_is_a_file_of_each_format() -> None:
    assert set(FILES) == {
        "big_endian", "kinds", "module", "module_stream", "protocol_4", "script", "stream", "tar", "unmarked",
        "unsigned",
    }  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_values_are_those_that_pytorch_reads(name: str) -> None:
    file = opened(name)
    assert file.kind == f"PyTorch checkpoint ({FORMATS.get(name, 'zip')})"
    with np.load(FOLDER / "values.npz") as stored:
        expected = {key.partition("/")[2]: stored[key] for key in stored if key.startswith(f"{name}/")}
    assert list(file.tensors) == list(expected)
    for key, value in expected.items():
        tensor = file.tensors[key]
        array = tensor.read(key, file.path)
        assert (tensor.shape, array.dtype) == (value.shape, value.dtype), key
        np.testing.assert_array_equal(array, value, err_msg=key)


def test_dtypes_and_bytes_are_those_of_the_file() -> None:
    tensors = opened("kinds").tensors
    assert (tensors["dtypes.torch.bfloat16"].dtype, tensors["dtypes.torch.bfloat16"].nbytes) == ("bfloat16", 6)
    assert (tensors["dtypes.torch.complex128"].dtype, tensors["dtypes.torch.complex128"].nbytes) == ("complex128", 48)
    assert (tensors["expanded"].shape, tensors["expanded"].nbytes) == ((3, 5), 60)
    assert (tensors["empty"].shape, tensors["empty"].nbytes) == ((0, 3), 0)


def test_a_shared_tensor_is_one() -> None:
    tensors = opened("module").tensors
    assert tensors["head.weight"].storage == tensors["body.0.weight"].storage == tensors["again.0.weight"].storage
    assert tensors["head.weight"].storage != tensors["body.0.bias"].storage


def test_a_file_that_has_changed_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes((FOLDER / "kinds.pt").read_bytes())
    file = open_weights(path)
    path.write_bytes(b"short")
    with pytest.raises(InputError, match="has changed while it was read"):
        file.tensors["base"].read("base", path)


@pytest.mark.torch
@pytest.mark.parametrize("options", [{}, {"pickle_protocol": 5}, {"_use_new_zipfile_serialization": False}], ids=str)
def test_what_pytorch_writes_today(tmp_path: Path, options: dict[str, object]) -> None:
    torch = pytest.importorskip("torch")
    from tests.golden.make_checkpoints import Net, flat, kinds

    for written in (kinds(), Net(), [torch.ones(2), torch.zeros(1)], {"net": torch.nn.DataParallel(Net())}):
        torch.save(written, tmp_path / "w.pt", **options)
        file = open_weights(tmp_path / "w.pt")
        expected = dict(flat(written))
        assert list(file.tensors) == list(expected)
        for key, value in expected.items():
            np.testing.assert_array_equal(file.tensors[key].read(key, file.path), value, err_msg=key)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_tensors_without_values_are_refused_by_name(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "w.pt"
    problems = {
        "quantised": (torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.qint8), r"is quantised \(qint8\)"),
        "sparse": (torch.ones(2).to_sparse(), "is sparse"),
        "rows": (torch.ones(2, 2).to_sparse_csr(), "is sparse"),
        "meta": (torch.zeros(2, device="meta"), "has no values: it was saved from the device meta"),
        "float8": (torch.zeros(2).to(torch.float8_e4m3fn), "is float8_e4m3fn, which is not read"),
        "lazy": (torch.nn.LazyLinear(1).weight, "has no values: it is of a lazy layer"),
        "objects": (np.array([None, "a"]), "is a NumPy array of O8, which is not read"),
    }
    torch.save({name: value for name, (value, _) in problems.items()} | {"fine": torch.ones(1)}, path)
    file = open_weights(path)
    assert file.tensors["fine"].read("fine", path) == [1]
    for name, (_, message) in problems.items():
        with pytest.raises(InputError, match=f"{name} in .*w.pt {message}"):
            file.tensors[name].read(name, path)
