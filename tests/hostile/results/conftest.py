"""Commands in this process, as in tests/cli, and specs that are nobody's friend."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cli.conftest import run, spec

__all__ = ["net", "run", "samples", "spec"]


@pytest.fixture
def net(spec):
    """A network on (N, 4) with this forward, a Linear(4, 4) called fc in it."""

    def write(forward, layers="{fc: 'Linear(4, 4)'}"):
        lines = "".join(f"  {line}\n" for line in forward.splitlines())
        return spec(f"name: A\ninput: [N, 4]\nlayers: {layers}\nforward: |\n{lines}")

    return write


@pytest.fixture
def samples(tmp_path):
    """A file of so many samples of four whole numbers."""

    def write(count=2):
        np.save(tmp_path / "samples.npy", np.arange(4 * count, dtype=np.float32).reshape(count, 4))
        return tmp_path / "samples.npy"

    return write
