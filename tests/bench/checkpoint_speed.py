"""How long a checkpoint of 100 MB takes: to list, and to load into ResNet-50 beside PyTorch.

python -m pytest tests/bench/checkpoint_speed.py -m large          by hand, on a quiet machine
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest

import nnbuild
from nnbuild.formats.saving import save_weights
from nnbuild.formats.tensors import FileTensor
from nnbuild.spec.weights import load_weights

pytestmark = pytest.mark.large


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speed") / "resnet50.pth"
    state = nnbuild.load("resnet50").state_dict()
    save_weights(path, {name: FileTensor.of(array) for name, array in state.items()}, path)
    assert path.stat().st_size > 100_000_000
    return path


def processor_time() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_a_listing_takes_less_than_three_tenths_of_a_second(checkpoint: Path) -> None:
    times = []
    for _ in range(5):
        before = processor_time()
        subprocess.run([sys.executable, "-m", "nnbuild", "weights", checkpoint], check=True, capture_output=True)
        times.append(processor_time() - before)
    assert min(times) < 0.3


def in_torch(torch: Any, state: dict[str, Any]) -> Any:
    """A module with these parameters and buffers."""
    root = torch.nn.Module()
    for name, tensor in state.items():
        *path, last = name.split(".")
        module = root
        for part in path:
            if not hasattr(module, part):
                module.add_module(part, torch.nn.Module())
            module = getattr(module, part)
        module.register_buffer(last, tensor.clone())
    return root


def seconds(task: Callable[[], object]) -> float:
    begun = perf_counter()
    task()
    return perf_counter() - begun


@pytest.mark.torch
def test_loading_takes_at_most_half_as_long_again_as_in_pytorch(checkpoint: Path) -> None:
    torch = pytest.importorskip("torch")
    theirs = in_torch(torch, torch.load(checkpoint, weights_only=True))
    pairs = []
    for _ in range(9):
        ours = nnbuild.load("resnet50")
        their_time = seconds(lambda: theirs.load_state_dict(torch.load(checkpoint, weights_only=True)))
        pairs.append((seconds(lambda: load_weights(ours, checkpoint)), their_time))  # noqa: B023
    assert median(ours for ours, _ in pairs) <= 1.5 * median(theirs for _, theirs in pairs)
