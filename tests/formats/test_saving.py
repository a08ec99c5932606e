"""Writing weights: three formats, each read back, by PyTorch too; whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats.saving import save_weights
from nnbuild.formats.tensors import FileTensor
from nnbuild.formats.weights import WeightsFile, open_weights

GOLDEN = Path(__file__).parent.parent / "golden" / "checkpoints"
ENDINGS = (".npz", ".safetensors", ".pth", ".pt", ".ckpt", ".bin")


def real(file: WeightsFile) -> dict[str, FileTensor]:
    return {name: tensor for name, tensor in file.tensors.items() if not tensor.dtype.startswith("complex")}


def test_bfloat16_stays_what_it_is(tmp_path: Path) -> None:
    source = open_weights(GOLDEN / "kinds.pt")
    tensor = {"a": source.tensors["dtypes.torch.bfloat16"]}
    save_weights(tmp_path / "w.safetensors", tensor, source.path)
    once = open_weights(tmp_path / "w.safetensors")
    save_weights(tmp_path / "w.pth", once.tensors, once.path)
    for path in ("w.safetensors", "w.pth"):
        file = open_weights(tmp_path / path)
        assert (file.tensors["a"].dtype, file.tensors["a"].nbytes) == ("bfloat16", 6)
        assert file.tensors["a"].read("a", file.path).tolist() == [0, 1, 1]


def assert_equal(found: WeightsFile, wanted: dict[str, FileTensor], source: Path) -> None:
    assert list(found.tensors) == list(wanted)
    for name, tensor in wanted.items():
        expected = tensor.read(name, source)
        array = found.tensors[name].read(name, found.path)
        assert (array.dtype, array.shape) == (expected.dtype, expected.shape), name
        np.testing.assert_array_equal(array, expected, err_msg=name)


@pytest.mark.parametrize("ending", ENDINGS)
def test_all_ways(tmp_path: Path, ending: str) -> None:
    tensors = real(source := open_weights(GOLDEN / "kinds.pt"))
    save_weights(tmp_path / f"a{ending}", tensors, source.path)
    once = open_weights(tmp_path / f"a{ending}")
    assert_equal(once, tensors, source.path)
    for other in (".npz", ".safetensors", ".pth"):
        save_weights(tmp_path / f"b{other}", once.tensors, once.path)
        assert_equal(open_weights(tmp_path / f"b{other}"), tensors, source.path)


@pytest.mark.parametrize("ending", [".npz", ".pth"])
def test_complex_and_unsigned_numbers(tmp_path: Path, ending: str) -> None:
    arrays = {"a": np.array([1 + 2j]), "b": np.array([1, 65535], np.uint16), "c": np.array(2**63, np.uint64)}
    tensors = {name: FileTensor.of(array) for name, array in arrays.items()}
    save_weights(tmp_path / f"w{ending}", tensors, tmp_path)
    assert_equal(open_weights(tmp_path / f"w{ending}"), tensors, tmp_path)


@pytest.mark.torch
def test_pytorch_reads_what_is_written(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    source = open_weights(GOLDEN / "kinds.pt")
    unsigned = open_weights(GOLDEN / "unsigned.pt")
    tensors = source.tensors | unsigned.tensors
    save_weights(tmp_path / "w.pth", tensors, source.path)
    for options in ({}, {"mmap": True}):
        found = torch.load(tmp_path / "w.pth", weights_only=True, **options)
        assert list(found) == list(tensors)
        for name, tensor in tensors.items():
            assert str(found[name].dtype) == f"torch.{tensor.dtype}"
            values = found[name].float() if tensor.dtype == "bfloat16" else found[name]
            np.testing.assert_array_equal(values.numpy(), tensor.read(name, source.path), err_msg=name)


@pytest.mark.torch
def test_shared_tensors_share_a_storage(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    source = open_weights(GOLDEN / "module.pt")
    save_weights(tmp_path / "w.pth", source.tensors, source.path)
    found = torch.load(tmp_path / "w.pth", weights_only=True)
    assert found["head.weight"].data_ptr() == found["body.0.weight"].data_ptr() != found["body.0.bias"].data_ptr()


def test_a_safetensors_header_is_aligned(tmp_path: Path) -> None:
    tensors = {"a": FileTensor.of(np.ones(3, np.int8)), "b": FileTensor.of(np.ones(2))}
    save_weights(tmp_path / "w.safetensors", tensors, tmp_path)
    data = (tmp_path / "w.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    assert data[8 + length :] == np.ones(2).tobytes() + b"\1\1\1"


@pytest.mark.parametrize(
    ("name", "array", "target", "message"),
    [
        ("a", np.ones(1), "w.txt", "w.txt is of no format that is written"),
        ("a", np.ones(1), "no/w.pth", "there is no folder"),
        ("a", np.ones(1), "", "is of no format that is written"),
        ("a", np.ones(1, complex), "w.safetensors", "a is complex128, which a .safetensors file does not have"),
        ("__metadata__", np.ones(1), "w.safetensors", "__metadata__ cannot be a name in a .safetensors file"),
        ("a\udc80", np.ones(1), "w.safetensors", "cannot be a name in a .safetensors file: it is no text"),
        ("../a", np.ones(1), "w.npz", "../a cannot be a name in a .npz file"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, name: str, array: np.ndarray, target: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        save_weights(tmp_path / target, {name: FileTensor.of(array)}, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pth"])
def test_a_file_is_whole_or_what_it_was(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"w{ending}"
    path.write_bytes(b"before")
    tensors = {"a": FileTensor.of(np.ones(1)), "b": FileTensor((1,), "float32", 4, None, problem="is quantised")}
    with pytest.raises(InputError, match="b in source is quantised"):
        save_weights(path, tensors, Path("source"))
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]
