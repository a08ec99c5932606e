"""Arrays and weights that strangers made: headers that lie, archives that unpack without end, files that shrink."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import InputError, WeightError
from nnbuild.formats import archive, npy
from nnbuild.formats.npy import open_arrays, open_npz
from nnbuild.formats.safetensors import open_safetensors
from nnbuild.spec.weights import load_weights


def npy_file(header: str, data: bytes = bytes(128), version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode("latin-1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def header(shape: str, descr: str = "'<f4'", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


NOT_THE_DICTIONARY = "it is not the dictionary of descr"
NO_SHAPE = "its shape is none that an array can have"
NPY: dict[str, tuple[bytes, str]] = {
    "boolean size": (npy_file(header("(True, 4)")), NOT_THE_DICTIONARY),
    "negative size": (npy_file(header("(-1, 4)")), NOT_THE_DICTIONARY),
    "negative product": (npy_file(header("(-2, -4)")), NOT_THE_DICTIONARY),
    "fraction": (npy_file(header("(2.0, 4)")), NOT_THE_DICTIONARY),
    "number in place of a tuple": (npy_file(header("(8)")), NOT_THE_DICTIONARY),
    "list in place of a tuple": (npy_file(header("[8]")), NOT_THE_DICTIONARY),
    "call": (npy_file(header("__import__('os').system('true')")), NOT_THE_DICTIONARY),
    "unclosed": (npy_file(header("(2, 4")), NOT_THE_DICTIONARY),
    "unclosed dictionary": (npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), "), NOT_THE_DICTIONARY),
    "nested": (npy_file("(" * 9000), NOT_THE_DICTIONARY),
    "minus": (npy_file("-" * 9000), NOT_THE_DICTIONARY),
    "a key twice": (npy_file(header("(2,)", "'<f4', 'descr': '<f8'")), NOT_THE_DICTIONARY),
    "a key too many": (npy_file(header("(2,), 'more': 1")), NOT_THE_DICTIONARY),
    "a key too few": (npy_file("{'descr': '<f4', 'shape': (2,)}"), NOT_THE_DICTIONARY),
    "no text": (npy_file("\0" * 118), NOT_THE_DICTIONARY),
    "something behind": (npy_file(header("(2,)").strip() + "; x"), NOT_THE_DICTIONARY),
    "order as a number": (npy_file(header("(2,)", order="1")), NOT_THE_DICTIONARY),
    "too many axes": (npy_file(header(f"({'1, ' * 65})")), NO_SHAPE),
    "huge product": (npy_file(header(f"({'9999999999, ' * 60})")), NO_SHAPE),
    "huge product and none": (npy_file(header(f"(0, {'9999999999, ' * 9})")), NO_SHAPE),
    "huge size": (npy_file(header(f"({10**19 - 1},)")), NO_SHAPE),
    "thousands of digits": (npy_file(header(f"({'9' * 5000},)")), NOT_THE_DICTIONARY),
    "more data than there is": (npy_file(header("(1000000000000, 4)")), "promises 16,000,000,000,000 bytes"),
    "version 4": (npy_file(header("(2, 4)"), version=(4, 0)), "it is of version 4.0, and 1.0, 2.0 and 3.0 are read"),
    "version 1.1": (npy_file(header("(2, 4)"), version=(1, 1)), "it is of version 1.1"),
    "long header": (npy_file(" " * 99_000, version=(2, 0)), "it is of 99,000 bytes, and 10,000 are read at most"),
    "stated long header": (b"\x93NUMPY\2\0\xff\xff\xff\xff{", "it is of 4,294,967,295 bytes"),
    "records": (npy_file(header("(2,)", "[('a', '<f4'), ('b', 'O')]")), "holds records, not numbers"),
    "objects": (npy_file(header("(2,)", "'|O'")), "holds Python objects, pickled"),
    "objects of 8 bytes": (npy_file(header("(2,)", "'|O8'")), "(its dtype is none of NumPy|holds Python objects)"),
    "items of no size": (npy_file(header("(1000000000000000,)", "'<U0'")), "holds .*, not numbers"),
    "raw bytes": (npy_file(header("(2,)", "'|V4'")), r"holds \|V4, not numbers"),
    "no dtype": (npy_file(header("(2,)", "'<f3'")), "its dtype is none of NumPy"),
    "several dtypes": (npy_file(header("(2,)", "'f4,f8'")), NOT_THE_DICTIONARY),
    "huge items": (npy_file(header("(2,)", "'<U999999999'")), "(promises 7,999,999,992|its dtype is none)"),
}  # fmt: skip


@pytest.mark.parametrize("name", NPY)
def test_headers_of_npy(tmp_path: Path, name: str) -> None:
    data, message = NPY[name]
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(InputError, match=message):
        open_arrays(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("x.npy", data)
    with pytest.raises(InputError, match=message):
        open_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "text",
    [
        header("(2, 4)"),
        "{'shape':(2,4),'fortran_order':False,'descr':'<f4'}",
        '{ "descr" : "<f4" , "fortran_order" : False , "shape" : ( 2 , 4 , ) , } ',
        header("(2L, 4L)"),
        "  " + header("(2, 4)"),
    ],
)
def test_headers_of_other_writers(tmp_path: Path, text: str) -> None:
    values = np.arange(8, dtype=np.float32)
    (tmp_path / "a.npy").write_bytes(npy_file(text, values.tobytes()))
    np.testing.assert_array_equal(open_arrays(tmp_path / "a.npy")[""].whole(), values.reshape(2, 4))


def zipped(path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members:
            if name in file.namelist():
                with pytest.warns(UserWarning, match="Duplicate name"):
                    file.writestr(name, data)
            else:
                file.writestr(name, data)
    return path


GOOD = npy_file(header("(2, 4)"), bytes(32))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["x.npy", "x.npy"], "holds two members of the name x.npy"),
        (["x.npy", "x.npy\0more"], "(two members of the name|leads out of the archive)"),
        (["../x.npy"], r"\.\./x\.npy in .* has a name that leads out of the archive"),
        (["a/../../x.npy"], "leads out of the archive"),
        (["/etc/x.npy"], "leads out of the archive"),
        (["..\\x.npy"], "leads out of the archive"),
        (["C:\\x.npy"], "leads out of the archive"),
        (["x.npy", "../other.txt"], "leads out of the archive"),
    ],
)
def test_names_of_members(tmp_path: Path, names: list[str], message: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        for place, name in enumerate(names):
            info = zipfile.ZipInfo("y" * place or "z")
            info.filename = name
            file.NameToInfo.clear()
            file.writestr(info, GOOD)
    with pytest.raises(InputError, match=message):
        open_npz(tmp_path / "a.npz")


def test_names_of_keys_stay(tmp_path: Path) -> None:
    names = {"layers.0.weight", "params/conv/kernel", "a..b", "...", "x y"}
    np.savez(tmp_path / "a.npz", **{name: np.zeros(1) for name in names})
    assert set(open_npz(tmp_path / "a.npz")) == names


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(tmp_path: Path, method: int) -> None:
    with pytest.raises(InputError, match="is compressed in a way that is not read"):
        open_npz(zipped(tmp_path / "a.npz", [("x.npy", GOOD)], method))


def changed(data: bytes, *places: tuple[int, bytes]) -> bytes:
    array = bytearray(data)
    for place, new in places:
        array[place : place + len(new)] = new
    return bytes(array)


def directory_of(data: bytes) -> int:
    return data.index(b"PK\1\2")


ARCHIVES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "encrypted": (lambda data: changed(data, (directory_of(data) + 8, b"\1\0")), "is encrypted"),
    "sizes that disagree": (lambda data: changed(data, (directory_of(data) + 24, b"\xff\xff\0\0")), "do not agree"),
    "place behind the end": (lambda data: changed(data, (directory_of(data) + 42, b"\xff\xff\xff\0")), "behind its"),
    "place of no head": (lambda data: changed(data, (directory_of(data) + 42, b"\1\0\0\0")), "is not where the dir"),
    "no directory": (lambda data: data[:-22], "is damaged or cut short"),
    "far directory": (lambda data: changed(data, (len(data) - 6, b"\xff\xff\xff\xff")), "is damaged or cut short"),
    "directory of 4 GB": (lambda data: changed(data, (len(data) - 10, b"\xff\xff\xff\xff")), "is damaged or cut short"),
    "cut": (lambda data: data[: len(data) // 2], "is damaged or cut short"),
    "empty": (lambda data: b"PK\3\4", "is damaged or cut short"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_damaged_archives(tmp_path: Path, name: str) -> None:
    change, message = ARCHIVES[name]
    path = zipped(tmp_path / "a.npz", [("x.npy", GOOD)])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=message):
        open_npz(path)


def test_members_that_overlap(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", [("x.npy", GOOD), ("y.npy", GOOD)])
    data = path.read_bytes()
    second = data.index(b"PK\1\2", directory_of(data) + 1)
    path.write_bytes(changed(data, (second + 42, bytes(4))))
    with pytest.raises(InputError, match=r"[xy]\.npy lies over another member"):
        open_npz(path)


def test_a_long_directory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.npz", [(f"{n}.npy", GOOD) for n in range(1500)])
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 70_000)
    with pytest.raises(InputError, match=r"has a directory of [\d,]+ bytes, and 70,000 are read"):
        open_npz(path)


def test_a_member_that_unpacks_to_more_or_less(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", [("x.npy", GOOD + bytes(1000))], zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="its header promises 32 bytes of data and more are there"):
        open_npz(path)
    path = zipped(tmp_path / "a.npz", [("x.npy", npy_file(header("(100, 100)"), bytes(40_000)))], zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    place = directory_of(data)
    size = struct.unpack_from("<I", data, place + 24)[0]
    path.write_bytes(changed(data, (place + 24, struct.pack("<I", size + 4))))
    with pytest.raises(InputError, match="and more are there"):
        open_npz(path)
    short = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = short.compress(npy_file(header("(100, 100)"), bytes(1000))) + short.flush()
    path.write_bytes(deflated_by_hand(packed, size))
    with pytest.raises(InputError, match=r"x\.npy unpacks to less than it states"):
        open_npz(path)["x"].whole()


def deflated_by_hand(packed: bytes, size: int) -> bytes:
    """An archive of one member whose directory states this size, whatever it unpacks to."""
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), size, 5, 0) + b"x.npy"
    entry = (
        struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(packed), size, 5, 0, 0, 0, 0, 0, 0) + b"x.npy"
    )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(local) + len(packed), 0)
    return local + packed + entry + end


def bomb(path: Path, name: str, shape: str, size: int) -> Path:
    """A small archive with zeros of this size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open(name, "w") as member:
        member.write(npy_file(header(shape), b""))
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < size >> 9
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [("big.npy", 'Unexpected key.* "big"'), ("weight.npy", r"size mismatch for weight: .*torch.Size\(\[2097152\]\)")],
)
def test_a_bomb_as_weights_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    path = bomb(tmp_path / "w.npz", name, "(2097152,)", 1 << 23)
    monkeypatch.setattr(npy, "raw", lambda *arguments: pytest.fail("the data is read"))
    with pytest.raises(WeightError, match=message):
        load_weights(nn.Linear(4, 4), path)


def safetensors(head: object, data: bytes = bytes(64)) -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype: object = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


SAFETENSORS: dict[str, tuple[bytes, str]] = {
    "boolean size": (safetensors({"a": tensor(shape=[True, 2])}), "has a damaged header at a"),
    "boolean offset": (safetensors({"a": tensor("I8", [1], [False, True])}), "has a damaged header at a"),
    "negative sizes": (safetensors({"a": tensor(shape=[-1, -2])}), "has a damaged header at a"),
    "fraction": (safetensors({"a": tensor(shape=[2.0])}), "has a damaged header at a"),
    "text as a shape": (safetensors({"a": tensor(shape="22")}), "has a damaged header at a"),
    "mapping as a shape": (safetensors({"a": tensor(shape={"0": 1})}), "has a damaged header at a"),
    "three offsets": (safetensors({"a": tensor(offsets=[0, 4, 8])}), "has a damaged header at a"),
    "offsets backwards": (safetensors({"a": tensor(shape=[0], offsets=[8, 0])}), "is not all there"),
    "huge product": (safetensors({"a": tensor(shape=[9_999_999_999] * 60)}), "has a damaged header at a"),
    "huge product and none": (safetensors({"a": tensor(shape=[0, *[2**62] * 3], offsets=[0, 0])}), "header at a"),
    "too many axes": (safetensors({"a": tensor(shape=[1] * 65, offsets=[0, 4])}), "has a damaged header at a"),
    "thousands of digits": (safetensors(b'{"a": ' + b"9" * 5000 + b"}"), "has a damaged header"),
    "nested": (safetensors(b"[" * 500_000), "has a damaged header"),
    "no mapping": (safetensors({"a": [1]}), "has a damaged header at a"),
    "no dtype": (safetensors({"a": {"shape": [2], "data_offsets": [0, 8]}}), "has a damaged header at a"),
    "dtype of a kind": (safetensors({"a": tensor(dtype=["F32"])}), "has a damaged header at a"),
    "unknown dtype": (safetensors({"a": tensor("F4")}), "a in .* is F4, which is not read"),
    "a name twice": (safetensors(b'{"a": 1, "a": 2}'), "a stands twice in it"),
    "a key twice": (safetensors(b'{"a": {"dtype": "F32", "dtype": "F64"}}'), "dtype stands twice in it"),
    "overlap": (
        safetensors({"a": tensor(), "b": tensor(offsets=[4, 12])}), "the data of b is that of another tensor too",
    ),
    "behind the end": (safetensors({"a": tensor(offsets=[60, 68])}), "the data of a is not all there"),
    "long header": (safetensors(b" " * (1 << 20) + b"{}"), "has a header of 1,048,578 bytes, and 1,048,576 are read"),
    "stated long header": (b"\xff" * 8 + b"{}", "is not a safetensors file or is cut short"),
    "not UTF-8": (safetensors(b'{"\xff": 1}'), "has a damaged header"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAFETENSORS)
def test_headers_of_safetensors(tmp_path: Path, name: str) -> None:
    data, message = SAFETENSORS[name]
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(InputError, match=message):
        open_safetensors(tmp_path / "w.safetensors")


def test_a_sparse_file_is_not_read_whole(tmp_path: Path) -> None:
    """4 GB that take no room on the disk, with one small tensor at either end."""
    size = 1 << 32
    path = tmp_path / "w.safetensors"
    ends = {"weight": tensor("F32", [1, 1], [0, 4]), "bias": tensor("F32", [1], [size - 4, size])}
    path.write_bytes(safetensors({**ends, "rest": tensor("U8", [size - 8], [4, size - 4])}, b""))
    os.truncate(path, path.stat().st_size + size)
    found = open_safetensors(path)
    assert found["bias"].whole().tolist() == [0] and found["rest"].part(10**9, 10**9 + 3).tolist() == [0, 0, 0]
    with pytest.raises(WeightError, match=r'Unexpected key.* "rest"'):
        load_weights(nn.Linear(1, 1), path)


def sources(folder: Path) -> dict[str, Callable[[], np.ndarray]]:
    """Ways to read an array of 100,000 numbers, by the name of the file."""
    values = np.arange(100_000, dtype=np.float32)
    np.save(folder / "a.npy", values)
    np.savez(folder / "a.npz", x=values)
    np.savez_compressed(folder / "c.npz", x=values)
    (folder / "w.safetensors").write_bytes(
        safetensors({"x": tensor(shape=[100_000], offsets=[0, 400_000])}, values.tobytes())
    )
    array = open_arrays(folder / "a.npy")[""]
    return {
        "a.npy": lambda: array.part(50_000, 99_999),
        "a.npz": open_npz(folder / "a.npz")["x"].whole,
        "c.npz": open_npz(folder / "c.npz")["x"].whole,
        "w.safetensors": open_safetensors(folder / "w.safetensors")["x"].whole,
    }


@pytest.mark.parametrize("change", ["shrinks", "grows", "is another", "goes", "becomes a pipe"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, change: str) -> None:
    for name, read in sources(tmp_path).items():
        path = tmp_path / name
        assert read().size
        if change == "shrinks":
            os.truncate(path, 1000)
        elif change == "grows":
            os.truncate(path, path.stat().st_size + 1)
        else:
            path.rename(tmp_path / f"old.{name}")
        if change == "is another":
            path.write_bytes((tmp_path / f"old.{name}").read_bytes())
        elif change == "becomes a pipe":
            os.mkfifo(path)
        message = {"goes": "does not exist", "becomes a pipe": "it is a pipe"}.get(
            change, "has changed while it was read"
        )
        with pytest.raises(InputError, match=message):
            read()


def test_a_file_that_shrinks_under_the_hand(tmp_path: Path) -> None:
    """Between the look at its size and the read."""
    from nnbuild.formats.opening import OpenFile

    path = tmp_path / "a.npy"
    path.write_bytes(bytes(1000))
    with OpenFile(path) as file:
        os.truncate(path, 10)
        with pytest.raises(InputError, match="has changed while it was read"):
            file.read_at(0, file.size)


def test_booleans_are_booleans(tmp_path: Path) -> None:
    """Bytes other than 0 and 1 would be numbers that are neither true nor false."""
    (tmp_path / "a.npy").write_bytes(npy_file(header("(4,)", "'|b1'"), bytes([0, 1, 2, 255])))
    assert open_arrays(tmp_path / "a.npy")[""].whole().view(np.uint8).tolist() == [0, 1, 1, 1]


def test_whole_archives_are_held_to_their_checksum(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.savez(file, x=np.arange(50, dtype=np.float32))
    data = bytearray(file.getvalue())
    data[300] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(InputError, match=r"Bad CRC-32 for file 'x\.npy'"):
        open_npz(tmp_path / "a.npz")["x"].part(0, 3)


def test_many_parts_of_one_file_are_looked_at_in_bounded_time(tmp_path: Path) -> None:
    """Each of 10,000 beginnings could be that of the network; looking at all names for each took minutes."""
    names = [f"{n:x}.0.weight" for n in range(10_000)]
    head = {name: tensor("U8", [1, 1], [place, place + 1]) for place, name in enumerate(names)}
    (tmp_path / "w.safetensors").write_bytes(safetensors(head, bytes(len(names))))
    started = time.monotonic()
    with pytest.raises(WeightError, match=r'Missing key.* "0\.bias"'):
        load_weights(nn.Sequential(nn.Linear(1, 1)), tmp_path / "w.safetensors")
    assert time.monotonic() - started < 5


def test_the_part_that_fits_is_found_among_many(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "w.npz",
        **{f"{n:x}.0.weight": np.zeros((1, 1)) for n in range(100)},
        **{"net.0.weight": np.full((1, 1), 3), "net.0.bias": np.full(1, 4)},
    )
    model = nn.Sequential(nn.Linear(1, 1))
    load_weights(model, tmp_path / "w.npz", key=None, strict=True)
    assert (model[0].weight.data.item(), model[0].bias.data.item()) == (3, 4)


def test_a_large_example(run, tmp_path: Path) -> None:
    """16 GB that take no room on the disk; the user may give them, the spec may not."""
    (tmp_path / "x.npy").write_bytes(npy_file(header("(1000000000, 4)"), b""))
    os.truncate(tmp_path / "x.npy", 16_000_000_200)
    (tmp_path / "net.yaml").write_text("input: [N, 4]\nexample: x.npy\nlayers:\n  f: Linear(4, 4)\n")
    errors = run("run", tmp_path / "net.yaml", status=1).stderr
    assert "holds 14.90 GiB, and examples of 64.00 MiB are taken at most" in errors and "--input" in errors
