"""Reading and writing .npy and .npz."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats import array_source, memory
from nnbuild.formats.npy import open_arrays, open_npz
from nnbuild.formats.writing import OutputFile


def npy(path: Path, array: np.ndarray) -> Path:
    np.save(path, array, allow_pickle=True)
    return path


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24.0).reshape(4, 3, 2),
        np.asfortranarray(np.arange(24).reshape(4, 6)),
        np.arange(6, dtype=">f4"),
        np.zeros((0, 3)),
        np.float32(3),
        np.array([True, False]),
    ],
)
def test_parts_and_whole(tmp_path, array):
    source = open_arrays(npy(tmp_path / "a.npy", array))[""]
    assert source.shape == array.shape and source.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(source.whole(), array)
    if array.ndim and len(array):
        np.testing.assert_array_equal(source.part(1, 3), array[1:3])
        assert not isinstance(source.part(1, 3), np.memmap)


def test_npz(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.ones(3), **{"b.weight": np.zeros((2, 2))})
    found = open_arrays(tmp_path / "a.npz")
    assert set(found) == {"x", "b.weight"} and found["x"].part(0, 2).tolist() == [1, 1]


def damaged(tmp_path: Path) -> dict[str, Path]:
    """Files that must be refused, by what the refusal says."""
    whole = npy(tmp_path / "whole.npy", np.zeros((10, 10))).read_bytes()
    files = {
        "is cut short: its header promises 800 bytes of data and 792 are there": whole[:-8],
        "has a damaged header: it is cut short": whole[:60],
        "has a damaged header: it is of 65,535 bytes, and 10,000 are read at most": whole[:8]
        + b"\xff\xff"
        + whole[10:],
        "does not begin as a .npy or .npz file (it is empty)": b"",
        "it is a pickle, which could run code when loaded": pickle.dumps([1, 2]),
        "(save the array with np.save(path, array))": b"hello world",
        "holds Python objects, pickled": npy(tmp_path / "o.npy", np.array([{}, None])).read_bytes(),
        "is damaged or cut short": b"PK\x03\x04" + bytes(100),
        "promises 8,000,000,000,000,000 bytes": whole.replace(b"(10, 10), }" + b" " * 9, b"(1000000000000000,)}"),
    }
    paths = {}
    for number, (message, data) in enumerate(files.items()):
        paths[message] = tmp_path / f"{number}.npy"
        paths[message].write_bytes(data)
    return paths


def test_damaged_files_are_refused(tmp_path):
    for message, path in damaged(tmp_path).items():
        with pytest.raises(InputError) as caught:
            open_arrays(path)
        assert message in str(caught.value), path
        assert str(path) in str(caught.value)


def test_missing_files_and_folders(tmp_path):
    for read in (open_arrays, open_npz):
        with pytest.raises(InputError, match=r"no\.npz does not exist"):
            read(tmp_path / "no.npz")
        with pytest.raises(InputError, match="cannot be read: Is a directory"):
            read(tmp_path)


def test_damaged_archives(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputError, match="holds no arrays"):
        open_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy(tmp_path / "o.npy", np.array([None])).read_bytes())
    with pytest.raises(InputError, match=r"x\.npy in .* holds Python objects"):
        open_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy(tmp_path / "z.npy", np.zeros(100)).read_bytes()[:500])
    with pytest.raises(InputError, match=r"x\.npy in .* is cut short"):
        open_npz(path)
    np.savez(path, x=np.arange(1000))
    data = bytearray(path.read_bytes())
    data[400] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match="is damaged or cut short: Bad CRC-32"):
        open_npz(path)["x"].whole()


def test_an_array_that_unpacks_to_too_much(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros(3_000_000, np.uint8))
    assert path.stat().st_size < 10_000
    source = open_npz(path)["x"]
    monkeypatch.setattr(array_source, "available_memory", lambda: 1_000_000)
    monkeypatch.setattr(array_source, "_FEW", 1000)
    with pytest.raises(InputError, match=r"2\.86 MiB of .* are wanted, and 0\.95 MiB of memory are free"):
        source.whole()


def test_writing_in_parts(tmp_path):
    path = tmp_path / "out.npz"
    with OutputFile(path, 5) as file:
        for start in (0, 2, 4):
            stop = min(start + 2, 5)
            file.append("a", np.arange(start, stop, dtype=np.float32)[:, None], whole=False)
            file.append("b", np.asfortranarray(np.ones((stop - start, 2, 3), np.int64)), whole=False)
        assert not path.exists()
    with np.load(path) as saved:
        assert saved["a"].tolist() == [[0], [1], [2], [3], [4]] and saved["b"].shape == (5, 2, 3)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("array", [np.float32(4), np.zeros((0, 2)), np.arange(6).reshape(2, 3).T])
def test_writing_whole_arrays(tmp_path, array):
    path = tmp_path / "out.npy"
    with OutputFile(path, 1) as file:
        file.append("x", np.asarray(array), whole=True)
    np.testing.assert_array_equal(np.load(path), array)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_leaves_the_target_alone(tmp_path, error):
    path = npy(tmp_path / "out.npy", np.arange(3))
    with pytest.raises(error), OutputFile(path, 2) as file:
        file.append("x", np.zeros((1, 2)), whole=False)
        raise error
    assert np.load(path).tolist() == [0, 1, 2] and list(tmp_path.iterdir()) == [path]


def test_one_array_in_a_npy(tmp_path):
    with pytest.raises(InputError, match="can hold one array only"), OutputFile(tmp_path / "o.npy", 1) as file:
        file.append("x", np.zeros(1), whole=True)
        file.append("y", np.zeros(1), whole=True)


def test_parts_must_add_up(tmp_path):
    with (
        pytest.raises(InputError, match=r"x does not come with one part .* --batch 5"),
        OutputFile(tmp_path / "o.npy", 5) as file,
    ):
        file.append("x", np.zeros((2, 3)), whole=False)
    assert not list(tmp_path.iterdir())


def test_memory_is_known():
    assert 1 << 20 < memory.available_memory() < 1 << 50
    assert memory.in_gigabytes(4 * 2**30) == "4.00 GiB" and memory.in_gigabytes(2**20) == "1.00 MiB"
