"""Commands called in this process, and small specs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nnbuild import nn
from nnbuild.cli import cli

Run = Callable[..., Result]


@pytest.fixture
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call `nnbuild` with these arguments, at a width of 100. Params: given, its standard input."""
    monkeypatch.setenv("COLUMNS", "100")
    request.addfinalizer(lambda: nn.manual_seed(0))  # forget draws that nobody could afford

    def call(*args: object, status: int = 0, given: str | None = None) -> Result:
        result = CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="nnbuild", input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return call


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[str], Path]:
    """A spec file with this text."""

    def write(text: str, name: str = "net.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write
