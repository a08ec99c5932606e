"""Writes nnbuild/nn/__init__.pyi and nnbuild/ops/__init__.pyi: the names that are imported on first use.

python -m tests.stubs.make
"""

from pathlib import Path

import nnbuild
from tests.stubs import layers, ops

ROOT = Path(nnbuild.__file__).parent

#: The text of each stub, from the registries.
STUBS = {ROOT / "nn/__init__.pyi": layers.text, ROOT / "ops/__init__.pyi": ops.text}


if __name__ == "__main__":
    for path, text in STUBS.items():
        path.write_text(text(), "utf-8")
