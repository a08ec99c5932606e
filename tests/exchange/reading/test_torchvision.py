"""torchvision's own source, which CI fetches: its classification networks are the bundled ones.

Run where `TORCHVISION` names the folder that `pip download --no-deps torchvision==0.28.0` was unpacked into.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnbuild
from nnbuild.graph.rows import row_tree
from nnbuild.graph.totals import totals

ROOT = Path(os.environ.get("TORCHVISION", "torchvision-is-not-there"))
MODELS = ROOT / "torchvision" / "models"

pytestmark = [
    pytest.mark.large,
    pytest.mark.skipif(not MODELS.is_dir(), reason="TORCHVISION names no folder with torchvision's source"),
]


def builders() -> Iterator[tuple[str, str]]:
    """The files of classification networks and their builders."""
    for path in sorted(MODELS.glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
            if any("register_model" in ast.unparse(mark) for mark in marks):
                yield path.name, node.name  # type: ignore[union-attr]


#: Parameters, as torchvision's documentation states them, of networks that are not bundled.
OTHERS = {
    "segmentation/deeplabv3.py:deeplabv3_resnet50(weights_backbone=None, aux_loss=True)": 42_004_074,
    "segmentation/fcn.py:fcn_resnet50(weights_backbone=None, aux_loss=True)": 35_322_218,
    "segmentation/lraspp.py:lraspp_mobilenet_v3_large(weights_backbone=None)": 3_221_538,
    "video/resnet.py:r3d_18": 33_371_472,
    "video/resnet.py:mc3_18": 11_695_440,
    "video/resnet.py:r2plus1d_18": 31_505_325,
    "video/s3d.py:s3d": 8_320_048,
    "video/mvit.py:mvit_v1_b": 36_610_672,
    "video/mvit.py:mvit_v2_s": 34_537_744,
    "video/swin_transformer.py:swin3d_t": 28_158_070,
    "optical_flow/raft.py:raft_large": 5_257_536,
    "optical_flow/raft.py:raft_small": 990_162,
}


@pytest.mark.parametrize(("file", "name"), list(builders()) if MODELS.is_dir() else [("", "")])
def test_a_builder_is_the_bundled_spec(file, name):
    read, bundled = nnbuild.load(MODELS / f"{file}:{name}").eval(), nnbuild.load(name).eval()
    states = [
        [(key, value.shape, str(value.dtype)) for key, value in model.state_dict(keep_vars=True).items()]
        for model in (read, bundled)
    ]
    assert states[0] == states[1]
    size = 299 if name == "inception_v3" else 224
    figures = []
    for model in (read, bundled):
        graph = nnbuild.trace(model, nnbuild.TensorSpec((1, 3, size, size)))
        figure = totals(graph, row_tree(graph))
        figures.append((figure.params, figure.macs))
    assert figures[0] == figures[1]


def test_there_are_eighty():
    assert len(list(builders())) == 80


@pytest.mark.parametrize(("entry", "params"), OTHERS.items())
def test_another_network(entry, params):
    model = nnbuild.load(MODELS / entry)
    assert sum(parameter.numel() for parameter in model.parameters()) == params
