"""Checkpoints that want more than to be read: refused with the file and the name, in bounded memory, and never run."""

from __future__ import annotations

import pickle
import random
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import WeightError
from nnbuild.formats.checkpoints import flattening, script
from nnbuild.formats.weights import open_weights
from nnbuild.spec.weights import load_weights

GOLDEN = Path(__file__).parents[2] / "golden" / "checkpoints"

#: The five numbers that torch.save writes ahead of the object in a stream, and no storages behind it.
STREAM_START = b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
STREAM_END = pickle.dumps([], 2)


def archive(path: Path, program: bytes, method: int = zipfile.ZIP_STORED, **records: bytes) -> Path:
    """A checkpoint with this pickle, and these storages."""
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("archive/data.pkl", program)
        file.writestr("archive/version", "3\n")
        for key, data in records.items():
            file.writestr(f"archive/data/{key.removeprefix('_')}", data)
    return path


def refused(path: Path, message: str) -> WeightError:
    with pytest.raises(WeightError, match=message) as caught:
        open_weights(path)
    assert str(path) in str(caught.value)
    return caught.value


@contextmanager
def little_memory(most: int = 20_000_000) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def tensor(
    offset: bytes = b"K\0", size: bytes = b"K\2\x85", stride: bytes = b"K\1\x85", count: bytes = b"K\2"
) -> bytes:
    """The steps of {"w": a tensor of float32 over the storage 0}."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + count + b"tQ"
    rest = b"\x89ccollections\nOrderedDict\n)RtR"
    return b"}" + text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + size + stride + rest + b"s"


ARGUMENT = text("touch {}")

#: The size of 10^15 elements.
PETA = b"\x8a\x07\0\x80\xc6\xa4\x7e\x8d\x03\x85"

#: What a pickle does, and the name that the message has.
DEEDS: dict[str, tuple[bytes, str]] = {
    "system": (b"cos\nsystem\n" + ARGUMENT + b"\x85R", "uses os.system"),
    "posix": (b"cposix\nsystem\n" + ARGUMENT + b"\x85R", "uses posix.system"),
    "nt": (b"cnt\nsystem\n" + ARGUMENT + b"\x85R", "uses nt.system"),
    "eval": (b"cbuiltins\neval\n" + ARGUMENT + b"\x85R", "uses builtins.eval"),
    "old eval": (b"c__builtin__\neval\n" + ARGUMENT + b"\x85R", "uses __builtin__.eval"),
    "exec": (b"cbuiltins\nexec\n" + ARGUMENT + b"\x85R", "uses builtins.exec"),
    "getattr": (b"cbuiltins\ngetattr\n" + ARGUMENT + b"\x85R", "uses builtins.getattr"),
    "subprocess": (b"csubprocess\nPopen\n" + ARGUMENT + b"\x85R", "uses subprocess.Popen"),
    "import": (b"cimportlib\nimport_module\n" + ARGUMENT + b"\x85R", "uses importlib.import_module"),
    "mentioned": (b"}" + text("w") + b"cos\nsystem\ns", "uses os.system"),
    "stack": (text("os") + text("system") + b"\x93" + ARGUMENT + b"\x85R", "uses os.system"),
    "dotted": (text("torch") + text("os.system") + b"\x93" + ARGUMENT + b"\x85R", "calls torch.os.system"),
    "foreign": (b"ctorch.hub\nload\n" + ARGUMENT + b"\x85R", "calls torch.hub.load"),
    "numpy": (b"cnumpy.testing\nrunstring\n" + ARGUMENT + b"\x85R", "calls numpy.testing.runstring"),
    "nothing": (b"cevil\nDeed\n)R", "calls evil.Deed"),
    "instance": (b"(" + ARGUMENT + b"ios\nsystem\n", "uses os.system"),
    "foreign instance": (b"(" + ARGUMENT + b"ievil\nDeed\n", "calls evil.Deed"),
    "object": (b"(cevil\nDeed\n" + ARGUMENT + b"o", "calls evil.Deed"),
    "new": (b"cos\nsystem\n" + ARGUMENT + b"\x85\x81", "uses os.system"),
    "new with keywords": (b"cevil\nDeed\n)}" + text("a") + b"K\1s\x92", "calls evil.Deed"),
    "new with none": (b"cevil\nDeed\n)}\x92", "calls evil.Deed"),
    "build": (b"cevil\nDeed\n}" + text("a") + b"K\1sb", "changes evil.Deed"),
    "built module": (b"ctorch.nn.functional\nrelu\n}b", "changes torch.nn.functional.relu"),
    "extension 1": (b"\x82\x05", "uses the extension 5 of copyreg"),
    "extension 2": (b"\x83\x05\x01", "uses the extension 261 of copyreg"),
    "extension 4": (b"\x84\x05\x00\x01\x00", "uses the extension 65541 of copyreg"),
    "reconstructor": (b"ccopyreg\n__newobj__\n" + ARGUMENT + b"\x85R", "uses copyreg.__newobj__"),
    "in a tensor": (
        b"ctorch._tensor\n_rebuild_from_type_v2\n(cevil\nDeed\nctorch\nTensor\n)}tR", "is not admitted"
    ),
    "in a list": (b"ccollections\nOrderedDict\n](cos\nsystem\n)R]ee\x85R", "uses os.system"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("form", ["zip", "stream", "alone"])
def test_a_call_is_refused_by_name_and_never_made(tmp_path: Path, name: str, form: str) -> None:
    program, message = DEEDS[name]
    touched = tmp_path / "touched"
    called = str(touched).encode()
    program = program.replace(ARGUMENT, b"X" + struct.pack("<I", 6 + len(called)) + b"touch " + called)
    path = tmp_path / "w.pth"
    program = b"\x80\x02" + program + b"."
    if form == "zip":
        archive(path, program)
    else:
        path.write_bytes(STREAM_START + program + STREAM_END if form == "stream" else program)
    refused(path, message)
    assert not touched.exists()


def test_the_advice_is_to_save_a_state_dict(tmp_path: Path) -> None:
    error = refused(
        archive(tmp_path / "w.pth", DEEDS["system"][0] + b"."), "uses os.system, which is no part of a tensor"
    )
    assert error.hint is not None and "torch.save(model.state_dict()" in error.hint


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (tensor(size=b"K\x03\x85"), "the tensor w reaches to byte 12 of a storage of 8"),
        (tensor(offset=b"K\1"), "the tensor w reaches to byte 12 of a storage of 8"),
        (tensor(stride=b"K\2\x85"), "the tensor w reaches to byte 12 of a storage of 8"),
        (tensor(count=b"J\xff\xff\xff\x7f", size=b"J\xff\xff\xff\x7f\x85"), "the tensor w reaches to byte"),
        (tensor(offset=b"J\xff\xff\xff\xff"), "the tensor w has a shape, strides or an offset that cannot be"),
        (tensor(stride=b"J\xff\xff\xff\xff\x85"), "the tensor w has a shape, strides or an offset that cannot be"),
        (tensor(size=b"J\xff\xff\xff\xff\x85"), "the tensor w has a shape, strides or an offset that cannot be"),
        (tensor(size=b"N\x85"), "the tensor w has a shape, strides or an offset that cannot be"),
        (tensor(size=b"G\0\0\0\0\0\0\0\0\x85"), "the tensor w has a shape, strides or an offset that cannot be"),
        (tensor(size=text("ab")), "the tensor w has a shape, strides or an offset that cannot be: no sizes"),
        (tensor(size=b"K\1K\2\x86"), "the tensor w has 2 axes and 1 strides"),
        (tensor(size=PETA, stride=b"K\0\x85"), "expands 8 bytes to 1,000,000,000,000,000 elements"),
        (tensor(size=PETA), "the tensor w reaches to byte 4,000,000,000,000,000"),
        (tensor(size=b"(" + b"J\xff\xff\xff\x7f" * 40 + b"t", stride=b"(" + b"K\0" * 40 + b"t"), "w expands 8 bytes"),
        (tensor().replace(text("0"), text("1")), "the record archive/data/1 is missing"),
        (tensor().replace(text("0"), text("../0")), "the record archive/data/../0 is missing"),
        (tensor().replace(b"FloatStorage", b"WordStorage"), "has a storage of torch.WordStorage, which is not read"),
    ],
)  # fmt: skip
def test_tensors_that_their_storage_cannot_hold(tmp_path: Path, program: bytes, message: str) -> None:
    with little_memory():
        refused(archive(tmp_path / "w.pth", program + b".", _0=b"\0" * 8), message)


def test_the_tensor_of_these_steps_is_read(tmp_path: Path) -> None:
    file = open_weights(archive(tmp_path / "w.pth", tensor() + b".", _0=np.array([1, 2], "<f4").tobytes()))
    assert file.tensors["w"].read("w", file.path).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (b"N", "is cut short: its pickle does not end"),
        (b"", "is cut short"),
        (b"R.", "has a damaged pickle"),
        (b"\xfe.", "0xfe is no step of a pickle"),
        (b"(...", "a mark in place of a value"),
        (b"h\x05.", "has a damaged pickle"),
        (b"u.", "there is no mark"),
        (b"K\1K\2R.", "a call of what is no name"),
        (b"]K\1K\2s.", "items for what is no dict"),
        (b"}](K\1e.", "is a checkpoint of PyTorch without tensors"),
        (b"}]K\1s.", "neither text nor a number"),
        (b"}" + b")" + b"\x85" * 5000 + b"K\1s.", "neither text nor a number"),
        (b"}\x8a\x20" + b"\1" * 32 + b"K\1s.", "too large a number"),
        (b"\x8b\xff\xff\xff\x7f.", "is cut short"),
        (b"\x8a\xff" + b"\1" * 255 + b".", "an integer that is too large"),
        (b"L" + b"9" * 9000 + b"L\n.", "an integer that is too large"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "is cut short"),
        (b"X\xff\xff\xff\xff.", "is cut short"),
        (b"\x97.", "data that is not in the file"),
        (b"Vabc", "a line does not end"),
        (b"N" * 50_000 + b".", "is a checkpoint of PyTorch without tensors"),
    ],
)  # fmt: skip
def test_programs_that_are_none(tmp_path: Path, program: bytes, message: str) -> None:
    with little_memory():
        refused(archive(tmp_path / "w.pth", program), message)


def doubled(start: bytes) -> bytes:
    """A value, and 60 times over it a list of the last value twice."""
    steps = [start + b"q\0"]
    steps += [b"](h%ch%ceq%c" % (level, level, level + 1) for level in range(60)]
    return b"".join(steps) + b"."


def test_lists_that_double_and_double(tmp_path: Path) -> None:
    with little_memory():
        refused(archive(tmp_path / "w.pth", doubled(b"]")), "without tensors")


def test_tensors_that_double_and_double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "w.pth", doubled(tensor()), _0=b"\0" * 8)
    monkeypatch.setattr(flattening, "_MAX_TENSORS", 1000)
    with little_memory():
        refused(path, "names more than 1,000 tensors")


def test_a_list_in_itself(tmp_path: Path) -> None:
    program = b"](h\0" + tensor() + b"e."
    file = open_weights(archive(tmp_path / "w.pth", program.replace(b"](", b"]q\0("), _0=b"\0" * 8))
    assert list(file.tensors) == ["1.w"]


def test_calls_in_calls(tmp_path: Path) -> None:
    name = b"ctorch._tensor\n_rebuild_from_type_v2\n"
    deep = (name + b"N") * 5000 + b")" + b"\x87" * 5000
    refused(archive(tmp_path / "w.pth", name + deep + b"R."), "has a damaged pickle")


def test_lists_in_lists(tmp_path: Path) -> None:
    deep = b"]" * 100_000 + tensor() + b"a" * 100_000 + b"."
    refused(archive(tmp_path / "w.pth", deep, _0=b"\0" * 8), "is nested deeper than 100 levels")


def test_a_long_name(tmp_path: Path) -> None:
    program = tensor().replace(text("w"), text("w" * 5000))
    refused(archive(tmp_path / "w.pth", program + b".", _0=b"\0" * 8), "has a name of 5,000 letters")


@pytest.mark.parametrize("record", ["data.pkl", "data/0"])
def test_records_that_are_compressed(tmp_path: Path, record: str) -> None:
    """A bomb would be one of them."""
    path = tmp_path / "w.pth"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in (("data.pkl", tensor() + b"."), ("data/0", b"\0" * 5_000_000)):
            method = zipfile.ZIP_DEFLATED if name == record else zipfile.ZIP_STORED
            file.writestr(
                f"archive/{name}", data[: None if name == record else 8 if name == "data/0" else None], method
            )
    with little_memory():
        refused(path, f"archive/{record} in .*w.pth is compressed")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "archive/../../evil", "archive\\..\\evil", "C:/evil"])
def test_entries_that_lead_out_of_the_archive(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "w.pth", tensor() + b".", _0=b"\0" * 8)
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo("x")
        info.filename = name
        file.writestr(info, b"")
    refused(path, "leads out of|lead out of")


def test_code_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = b"c__torch__\nNet\n)\x81" + tensor() + b"b."
    path = archive(tmp_path / "w.pth", program, _0=b"\0" * 8)
    assert list(open_weights(path).tensors) == ["w"]
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/code/net.py", b"\0" * 10_000)
    monkeypatch.setattr(script, "_MAX_CODE", 9_999)
    refused(path, "has more than 9,999 bytes of code")


def test_a_tar_entry_that_leads_out_of_it(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    with tarfile.open(path, "w:") as file:
        file.addfile(tarfile.TarInfo("../storages"))
    refused(path, r"has an entry '\.\./storages', which leads out of it")


def test_bytes_of_booleans(tmp_path: Path) -> None:
    program = tensor().replace(b"FloatStorage", b"BoolStorage")
    file = open_weights(archive(tmp_path / "w.pth", program + b".", _0=b"\0\7"))
    assert file.tensors["w"].read("w", file.path).view(np.uint8).tolist() == [0, 1]


VIEW = tensor().replace(b"tQ", b"(" + text("1") + b"K\1K\2ttQ", 1)


def stream_with_a_view(view: bytes, keys: object = ("0",)) -> bytes:
    """The tensor over a view of a storage of three numbers, as the first versions had them."""
    program = b"\x80\x02" + VIEW.replace(b"K\2(" + text("1") + b"K\1K\2t", b"K\3" + view) + b"."
    return STREAM_START + program + pickle.dumps(list(keys), 2) + struct.pack("<q3f", 3, 4, 5, 6)  # type: ignore[call-overload]


def test_a_view_of_a_storage_in_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(stream_with_a_view(b"(" + text("1") + b"K\1K\2t"))
    file = open_weights(path)
    assert file.tensors["w"].read("w", path).tolist() == [5, 6]


@pytest.mark.parametrize(
    ("view", "keys", "message"),
    [
        (b"(" + text("1") + b"K\2K\2t", ("0",), "a view reaches beyond the storage 0"),
        (b"(" + text("1") + b"J\xff\xff\xff\xffK\2t", ("0",), "a view of a storage that is none"),
        (b"K\1", ("0",), "a view of a storage that is none"),
        (b"N", ("1",), "nothing uses the storage 1"),
        (b"N", (), "the storage 0 is missing"),
        (b"N", (1,), "does not say which storages follow"),
    ],
)
def test_storages_of_a_stream_that_are_wrong(tmp_path: Path, view: bytes, keys: object, message: str) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(stream_with_a_view(view, keys))
    refused(path, message)


def test_a_pickle_that_is_not_what_was_written(tmp_path: Path) -> None:
    path = archive(tmp_path / "w.pth", tensor() + b".", _0=b"\0" * 8)
    path.write_bytes(path.read_bytes().replace(b"K\x02\x85", b"K\x01\x85"))
    refused(path, "is damaged: .*archive/data.pkl")


FORMS = ("kinds", "stream", "module", "tar", "script")


def cut_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name in FORMS:
        whole = (GOLDEN / f"{name}.pt").read_bytes()
        if name == "tar":  # it is filled up to 10,240 bytes
            whole = whole[: -(-len(whole.rstrip(b"\0")) // 512) * 512 + 512]
        yield f"{name}.pt", whole
    np.savez(folder / "a.npz", a=np.arange(1000.0), b=np.ones(3))
    yield "a.npz", (folder / "a.npz").read_bytes()
    header = b'{"a":{"dtype":"F32","shape":[500],"data_offsets":[0,2000]}}'
    yield "a.safetensors", struct.pack("<Q", len(header)) + header + bytes(2000)


def test_files_cut_at_every_tenth(tmp_path: Path) -> None:
    for name, whole in cut_files(tmp_path):
        path = tmp_path / name
        path.write_bytes(whole)
        assert open_weights(path).tensors
        for tenth in range(10):
            path.write_bytes(whole[: len(whole) * tenth // 10])
            with pytest.raises(WeightError, match=r"is cut short|damaged|is empty|not a safetensors") as caught:
                load_weights(nn.Linear(1, 1), path)
            assert name in str(caught.value), (name, tenth)


@pytest.mark.parametrize("name", FORMS)
def test_files_with_wrong_bytes_are_read_or_refused(tmp_path: Path, name: str) -> None:
    """No other error than a refusal comes of bytes that are not what they were."""
    whole, path, dice = (GOLDEN / f"{name}.pt").read_bytes(), tmp_path / "w.pt", random.Random(0)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 2, 8))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(data)
        try:
            file = open_weights(path)
            for key, each in file.tensors.items():
                if not each.problem:
                    each.read(key, path)
        except WeightError:
            pass
