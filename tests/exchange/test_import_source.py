"""`nnbuild import` of PyTorch source: the spec that it writes builds the same network."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import nnbuild
from nnbuild.cli import cli

LISTINGS = sorted((Path(__file__).parent / "listings").glob("*.py"))

RESIDUAL = '''
import torch
from torch import nn

FACTOR = 2

def twice(x):
    return x * FACTOR

class Block(nn.Module):
    def __init__(self, channels, scale):
        super().__init__()
        self.scale = scale
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.gain = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x):
        # the short way
        return self._long(x) * self.scale + twice(x)

    def _long(self, x):
        return self.conv(x) * self.gain

class Net(nn.Module):
    """A residual network.

    From https://arxiv.org/abs/1512.03385.
    """

    def __init__(self, depth=2):
        super().__init__()
        self.body = nn.Sequential(*[Block(4, 0.5 * (i + 1)) for i in range(depth)])
        self.head = nn.Linear(4, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))
'''


def imported(tmp_path, spec, *options):
    return CliRunner().invoke(cli, ["import", str(spec), "-o", str(tmp_path / "net.yaml"), *options])


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda path: path.stem)
def test_listing(listing, tmp_path):
    result = imported(tmp_path, listing)
    assert result.exit_code == 0, result.output
    shapes = [
        {key: value.shape for key, value in nnbuild.load(spec).state_dict().items()}
        for spec in (listing, tmp_path / "net.yaml")
    ]
    assert shapes[0] == shapes[1]


def test_blocks_are_named_once_and_keep_their_words(tmp_path):
    (tmp_path / "model.py").write_text(RESIDUAL)
    result = imported(tmp_path, f"{tmp_path / 'model.py'}:Net", "--input", "1,4,8,8", "--set", "depth=3")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "net.yaml").read_text()
    assert text.count("  Block(scale):") == 1
    assert "Block(scale=1.5)" in text
    assert "# the short way" in text
    assert "let:\n  FACTOR: 2\n" in text
    assert "description: 'A residual network.'" in text
    assert "paper: https://arxiv.org/abs/1512.03385\n" in text
    assert list(nnbuild.load(tmp_path / "net.yaml").state_dict()) == [
        *(f"body.{at}.{key}" for at in range(3) for key in ("gain", "conv.weight")), "head.weight", "head.bias",
    ]  # fmt: skip


def test_what_a_spec_cannot_say_leaves_no_file(tmp_path):
    source = RESIDUAL.replace("        self.scale = scale\n", "        self.scale = torch.zeros(3)\n")
    (tmp_path / "model.py").write_text(source)
    result = imported(tmp_path, f"{tmp_path / 'model.py'}:Net")
    assert result.exit_code != 0
    assert "self.scale of Block" in result.output
    assert not (tmp_path / "net.yaml").exists()
