"""What the commands print, character by character. NNBUILD_WRITE_GOLDEN=1 writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run

GOLDEN = Path(__file__).parent / "golden"

CASES = {
    "help": ["--help"],
    "summary_help": ["summary", "--help"],
    "summary_alexnet": ["summary", "alexnet"],
    "summary_alexnet_rich": ["summary", "alexnet", "--format", "rich"],
    "summary_alexnet_windows": [
        "summary", "alexnet", "--columns", "type,output_shape,kernel,stride,receptive_field,jump", "--format", "rich",
    ],
    "summary_lenet_markdown": ["summary", "lenet", "--depth", "1", "--format", "markdown"],
    "summary_lenet_csv": ["summary", "lenet", "--format", "csv"],
    "summary_lenet_json": ["summary", "lenet", "--depth", "1", "--format", "json"],
    "summary_module_dict": ["summary", "module_dict", "--choose", "choice=pool", "--choose", "act=prelu"],
    "summary_max_unpool": ["summary", "max_unpool", "--columns", "input_shape,output_shape,macs"],
    "summary_bert": ["summary", "bert_base", "--depth", "0"],
    "summary_failure": ["summary", "alexnet", "--input", "1,3,50,50"],
    "shapes": ["shapes"],
    "shapes_rich": ["shapes", "--format", "rich"],
    "shapes_alexnet": ["shapes", "alexnet"],
    "shapes_conv2d": ["shapes", "Conv2d", "--input", "224", "--kernel", "11", "--stride", "4", "--padding", "2"],
    "shapes_transposed": ["shapes", "transposed_conv", "--format", "rich"],
    "run_lenet_mnist": ["run", "lenet_mnist"],
    "run_linear": ["run", "linear"],
    "run_max_unpool_rich": ["run", "max_unpool", "--format", "rich"],
    "check": ["check", "lenet", "linear", "lenet_mnist"],
    "list_bert": ["list", "bert*"],
    "layers_conv2d": ["layers", "Conv2d"],
    "layers_conv2d_rich": ["layers", "Conv2d", "--format", "rich"],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_output_is_as_it_was(name: str, run: Run) -> None:
    result = run(*CASES[name], status=1 if name.endswith("failure") else 0)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("NNBUILD_WRITE_GOLDEN"):
        path.write_text(result.stdout)
    assert result.stdout == path.read_text()


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_fits_a_terminal(name: str) -> None:
    """What rich draws at width 100 is no wider."""
    if name.endswith("_rich") or "windows" in name:
        assert max(len(line) for line in (GOLDEN / f"{name}.txt").read_text().splitlines()) <= 100
