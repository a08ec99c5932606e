"""Building specs from text, and reading what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnbuild import limits
from nnbuild.budget import spending
from nnbuild.errors import NnbuildError, ProblemList
from nnbuild.spec import load
from nnbuild.spec.build.builder import Builder
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.names import BUILD_NAMES
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import parse_expression
from nnbuild.spec.text.nodes import Document, Scalar


@pytest.fixture
def low_limits(monkeypatch):
    """Limits that are reached in no time."""
    monkeypatch.setattr(limits, "SECONDS", 1.0)
    monkeypatch.setattr(limits, "MAX_MODULES", 500)


@pytest.fixture
def build(tmp_path: Path):
    """build(text, files..., **options): the network of a spec."""

    def build(text: str, files: dict[str, str] | None = None, **options: Any) -> Any:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        path = tmp_path / "net.yaml"
        path.write_text(text)
        return load(path, **options)

    return build


@pytest.fixture
def refused(build):
    """refused(text): the problems as lines 'line:column message (hint)', joined."""

    def refused(text: str, files: dict[str, str] | None = None, **options: Any) -> str:
        with pytest.raises(NnbuildError) as caught:
            build(text, files, **options)
        return report(caught.value)

    return refused


def report(error: NnbuildError) -> str:
    """The problems of an error, a line each."""
    problems = error.problems if isinstance(error, ProblemList) else [error]
    lines = []
    for problem in problems:
        place = f"{problem.mark.line}:{problem.mark.column} " if problem.mark else ""
        lines.append(place + problem.message + (f" ({problem.hint})" if problem.hint else ""))
    return "\n".join(lines)


def evaluate(text: str, **names: Any) -> Any:
    """The value of an expression, as a spec has it."""
    code = parse_expression(Scalar(Document(text, "net.yaml"), 0, len(text), text, "", False))
    with spending("the spec"):
        return Evaluator(code, Builder()).evaluate(code.tree.body, Scope(names, BUILD_NAMES))
