"""Networks of source that a test writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nnbuild
from nnbuild.errors import NnbuildError
from tests.spec.conftest import report

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


@pytest.fixture
def read(tmp_path: Path):
    """read(source, entry, files=..., **params): the network of a file with torch's usual imports before it."""

    def read(source: str, entry: str = "", files: dict[str, str] | None = None, **params: Any) -> Any:
        for name, text in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        path = tmp_path / "net.py"
        path.write_text(HEAD + source)
        return nnbuild.load(f"{path}:{entry}" if entry else path, params=params)

    return read


@pytest.fixture
def refused(read):
    """refused(source, entry): the problems as lines 'line:column message (hint)', joined."""

    def refused(source: str, entry: str = "", files: dict[str, str] | None = None, **params: Any) -> str:
        with pytest.raises(NnbuildError) as caught:
            read(source, entry, files, **params)
        return report(caught.value)

    return refused
