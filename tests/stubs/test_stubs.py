"""The stubs say what the registries say, and the package says that it has types."""

from pathlib import Path

import pytest

from tests.stubs.make import ROOT, STUBS


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.parent.name)
def test_the_stub_is_that_of_the_registry(path: Path) -> None:
    assert path.read_text("utf-8") == STUBS[path](), "write it anew: python -m tests.stubs.make"


def test_the_package_is_marked_as_typed() -> None:
    assert (ROOT / "py.typed").is_file()
