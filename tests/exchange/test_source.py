"""Specs as PyTorch source, looked at without PyTorch: it is Python, knows its names and imports no more than it may."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from nnbuild.exchange.pytorch import source
from nnbuild.spec import library
from tests.exchange import networks

GOLDEN = Path(__file__).parent / "golden"
SPECS = [path.stem for path in library.files()]
#: einops where a spec uses it.
MAY_BE_IMPORTED = {"torch", "math", "functools", "itertools", "collections", "fnmatch", "einops"}


def written(name: str, folder: Path) -> str:
    """The source of a bundled spec, or of one of the small ones."""
    path = str(networks.write(name, folder)) if name in networks.NETWORKS else name
    return source(path, {}, None, {})


def unknown_names(tree: ast.Module) -> set[str]:
    """Names that nothing in the file binds: neither at the top nor in the function that they stand in."""
    known = {*dir(builtins), *bound(tree.body)}
    bodies = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    unknown = set()
    for function in (node for body in (tree.body, *bodies) for node in body if isinstance(node, ast.FunctionDef)):
        parts = list(ast.walk(function))
        own = {arg.arg for arg in parts if isinstance(arg, ast.arg)}
        own |= {each.name for each in parts if isinstance(each, ast.FunctionDef)}
        own |= {node.id for node in parts if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        used = {node.id for node in parts if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        unknown |= used - known - own
    return unknown


def bound(body: list[ast.stmt]) -> set[str]:
    names = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return names | {alias.asname or alias.name for node in imports for alias in node.names}


@pytest.mark.parametrize("name", [*SPECS, *networks.NETWORKS])
def test_the_source_is_python_that_knows_its_names(name: str, tmp_path: Path) -> None:
    text = written(name, tmp_path)
    tree = ast.parse(text)
    assert unknown_names(tree) == set()
    modules = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert {str(module).partition(".")[0] for module in modules} <= MAY_BE_IMPORTED
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert bound([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]) <= used


@pytest.mark.parametrize("name", ["lenet", "alexnet", "module_dict", "resnet", "gpt2", "own_tensors", "statements"])
def test_the_source_is_as_it_was(name: str, tmp_path: Path) -> None:
    assert written(name, tmp_path) == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.large
@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
def test_ruff_would_format_it_so(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in (*SPECS, *networks.NETWORKS):
        (folder / f"{name}.py").write_text(written(name, tmp_path))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0)
