"""The order of the folders: imports run downward only, types and lazy imports included, and nowhere in a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import nnbuild
from nnbuild.ops import OPS

ROOT = Path(nnbuild.__file__).parent

#: From the commands down. The package itself and `__main__` stand above all, what is in GROUND below.
ORDER = (
    "cli", "report", "runs", "bench", "exchange", "engine", "spec", "optim", "graph", "nn", "ops", "formats", "guide",
)  # fmt: skip
GROUND = ("errors", "lazy", "words", "ending", "limits", "budget")
SPEC_ORDER = ("build", "text", "language")


@cache
def files() -> dict[str, Path]:
    """Every file of the package by its module's name."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("nnbuild", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def names_imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of all that is imported anywhere in the file; `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def imported(module: str) -> frozenset[str]:
    """Dotted names that the module's file imports."""
    return frozenset(names_imported(ast.parse(files()[module].read_text("utf-8"))))


def home(name: str) -> str | None:
    """The file of the package that a dotted name is in; None for other packages, and for the version.

    `__version__` is there before any file of the package is read.
    """
    if name.partition(".")[0] != "nnbuild" or name == "nnbuild.__version__":
        return None
    while name not in files():
        name = name.rpartition(".")[0]
    return name


def reached(module: str) -> set[str]:
    """Files of the package that the module's file imports."""
    return {target for name in imported(module) if (target := home(name)) not in (None, module)}  # type: ignore[misc]


def level(module: str, order: tuple[str, ...], depth: int) -> int:
    """How far down a module is: -1 above all folders of the order, len(order) below them."""
    parts = module.split(".")
    folder = parts[depth] if len(parts) > depth else "__init__"
    if folder in GROUND:
        return len(order)
    return order.index(folder) if folder in order else -1


def circles() -> set[tuple[str, ...]]:
    """Groups of files each of which reaches all others of its group."""
    below = {module: reached(module) for module in files()}
    far: dict[str, set[str]] = {}
    for module in below:
        seen: set[str] = set()
        pending = list(below[module])
        while pending:
            target = pending.pop()
            if target not in seen:
                seen.add(target)
                pending += below[target]
        far[module] = seen
    return {
        tuple(sorted(other for other in far[module] if module in far[other]))
        for module in below
        if module in far[module]
    }


@pytest.mark.parametrize("module", files())
def test_imports_run_downward(module: str) -> None:
    own = level(module, ORDER, 1)
    assert [target for target in reached(module) if level(target, ORDER, 1) < own] == []


@pytest.mark.parametrize("module", [name for name in files() if name.startswith("nnbuild.spec.")])
def test_imports_within_the_spec_language_run_downward(module: str) -> None:
    own = level(module, SPEC_ORDER, 2)
    inside = [target for target in reached(module) if target.startswith("nnbuild.spec.")]
    assert [target for target in inside if level(target, SPEC_ORDER, 2) < own] == []


def test_every_file_is_in_a_folder_of_the_order() -> None:
    at_the_top = {name.split(".")[1] for name in files() if "." in name}
    assert at_the_top - {*ORDER, *GROUND, "__main__"} == set()


def test_no_circles() -> None:
    assert circles() == set()


@pytest.mark.parametrize(("package", "folder"), [("click", "cli"), ("rich", "report"), ("yaml", "spec")])
def test_one_folder_knows(package: str, folder: str) -> None:
    knowing = [module for module in files() if any(name.split(".")[0] == package for name in imported(module))]
    assert {module.split(".")[1] for module in knowing} == {folder}


def test_the_evaluator_knows_neither_yaml_nor_files() -> None:
    inside = [module for module in files() if module.startswith("nnbuild.spec.language")]
    others = {name.split(".")[0] for module in inside for name in imported(module)}
    assert inside and not others & {"yaml", "pathlib", "os", "io"}


def test_the_package_alone_imports_little() -> None:
    code = "import sys, nnbuild; print(sorted({'click', 'rich', 'numpy', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_of_files_say_what_is_in_them() -> None:
    assert {name.rpartition(".")[2] for name in files()} & {"utils", "helpers", "common", "base"} == set()


#: Names of ops that are also words of their own: Python's types, figures of a report, options' values, words of rich,
#: algorithms of the engine.
OTHER_WORDS = {
    "bool", "float", "int", "all", "min", "max", "mean", "median", "std", "sum", "ceil", "zeros", "linear", "bilinear",
    "relu", "tanh", "gelu", "norm", "complex", "dropout", "threshold", "fold", "outer", "view", "unfold",
}  # fmt: skip

#: Where ops are named as text: their own folder, foreign vocabularies, the language's own, torch's nonlinearities.
NAMING = (
    "nnbuild.ops", "nnbuild.exchange", "nnbuild.formats.checkpoints", "nnbuild.spec.language", "nnbuild.nn.init",
)  # fmt: skip


def test_what_is_known_of_an_op_stands_beside_it() -> None:
    """No list of op names elsewhere: code asks an op for its facets, or compares the op itself."""
    found = {
        f"{module}: {node.value}"
        for module, path in files().items()
        if not module.startswith(NAMING)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in set(OPS) - OTHER_WORDS
    }
    assert not found
