"""Keeps README.md and the pages of the guide true: runs their commands and rewrites what they print.

    python -m tests.readme          rewrite the outputs in place

A block ```console has commands behind `$ ` with their output below, exact to the letter. A pair of comments
`<!-- $ nnbuild ... -->` and `<!-- end -->` encloses what that command prints as Markdown. Blocks of YAML and Python
that begin with a comment `# name.yaml` are files beside which the commands of the same page run.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from pathlib import Path

import numpy as np
from click.testing import CliRunner

import nnbuild
from nnbuild.cli import cli
from nnbuild.formats.saving import save_weights
from nnbuild.formats.tensors import FileTensor

README = Path(__file__).parent.parent / "README.md"
GUIDE = README.parent / "nnbuild" / "guide"
PAGES = [README, *sorted(GUIDE.glob("*.md"))]
CONSOLE = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"(?<=^<!-- \$ )(nnbuild [^\n]*?) -->\n.*?(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```(?:yaml|python)\n# (\S+\.(?:yaml|py))\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```\n(nnbuild .*?)^```$", re.MULTILINE | re.DOTALL)
WEIGHTS = re.compile(r"^nnbuild run (\S+) .*--weights (\S+)", re.MULTILINE)


def commands(text: str) -> list[str]:
    """The commands that stand alone, without output, in the order of the page."""
    return [line for block in SHELL.findall(text) for line in block.splitlines() if line.startswith("nnbuild ")]


def prepare(text: str, folder: Path) -> None:
    """Put the files that the page shows, and the arrays and weights that its commands read, into the folder."""
    for name, content in FILE.findall(text):
        (folder / name).write_text(f"# {name}\n{content}", encoding="utf-8")
    random = np.random.default_rng(0)
    np.save(folder / "img.npy", random.standard_normal((1, 3, 224, 224), dtype=np.float32))
    np.save(folder / "images.npy", random.standard_normal((2, 3, 32, 32), dtype=np.float32))
    np.save(folder / "digit.npy", random.standard_normal((1, 1, 28, 28), dtype=np.float32))
    if "cat.jpg" in text:
        _photograph(folder / "cat.jpg")
    for spec, weights in WEIGHTS.findall(text):
        source = folder / spec
        state = nnbuild.load(source if source.exists() else spec).state_dict()
        save_weights(folder / weights, {name: FileTensor.of(array) for name, array in state.items()}, source)


def _photograph(path: Path) -> None:
    with suppress(ImportError):
        from PIL import Image

        shades = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
        Image.fromarray(shades).resize((400, 300)).save(path)


def run(command: str, width: int = 100) -> tuple[str, int]:
    """What a command prints, on both streams, and its exit status."""
    os.environ["COLUMNS"] = str(width)
    result = CliRunner().invoke(cli, shlex.split(command)[1:], prog_name="nnbuild")
    return result.output, result.exit_code


def console(block: str) -> str:
    """A console block with its outputs made anew."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(f"{line}\n{run(line[2:])[0]}".rstrip("\n") + "\n" for line in lines)


def renewed(text: str) -> str:
    """The page with all outputs made anew, in the current folder."""
    text = CONSOLE.sub(lambda found: console(found[0]), text)
    return GENERATED.sub(lambda found: f"{found[1]} -->\n\n{run(found[1])[0].strip()}\n\n", text)


if __name__ == "__main__":
    import tempfile

    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as name:
            prepare(text, Path(name))
            os.chdir(name)
            page.write_text(renewed(text), encoding="utf-8")
            os.chdir(page.parent)
