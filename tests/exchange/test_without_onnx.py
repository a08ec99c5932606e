"""Without the package onnx."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import nnbuild
from nnbuild.errors import InputError
from nnbuild.exchange import networks


@pytest.mark.skipif(
    not importlib.util.find_spec("onnx"), reason="the package onnx is not installed: tests/exchange/onnx"
)
def test_the_tests_of_onnx_run() -> None:
    """Says in a run without onnx that tests are left out."""


def test_an_onnx_file_wants_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match="ONNX files need the package onnx") as caught:
        nnbuild.load(path)
    assert caught.value.hint == "pip install 'nnbuild[onnx]'"


def test_a_missing_file_is_said_to_be_missing() -> None:
    with pytest.raises(nnbuild.SpecError, match=r"there is no file nowhere\.onnx"):
        networks.load("nowhere.onnx")
