"""Times of nnbuild beside its peers, as a table in Markdown: python -m tests.bench.table [NAME ...] [--threads N].

Runs take turns in one process, with the same weights and input, each timed one after an untimed one of its own; the
figures are medians in milliseconds, the ratios nnbuild's time over the peer's. Peers that are not installed are left
out.
"""

from __future__ import annotations

import argparse
import io
import math
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

import nnbuild
from nnbuild import nn, ops
from nnbuild.bench.timing import in_turns
from nnbuild.engine import compile
from nnbuild.engine.threads import usable_cores
from tests.bench.networks import CASES, networks

Run = Callable[[], Any]


def torch_model(name: str) -> Any:
    """The network in PyTorch, its statistics and weights such that activations keep their size."""
    import torch

    torch.manual_seed(0)
    model = networks(torch.nn, torch)[name]().eval()
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


def torch_run(model: Any, images: np.ndarray, threads: int) -> Run:
    """PyTorch, eager."""
    import torch

    torch.set_num_threads(threads)
    tensor = torch.from_numpy(images)

    def run() -> np.ndarray:
        with torch.inference_mode():
            return model(tensor).numpy()

    return run


def onnxruntime_run(model: Any, images: np.ndarray, threads: int) -> Run:
    """ONNX Runtime on PyTorch's export."""
    import onnxruntime
    import torch

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (torch.from_numpy(images),), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options)
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: images})[0]


def nnbuild_run(model: Any, name: str, images: np.ndarray, threads: int) -> Run:
    """nnbuild, with PyTorch's weights."""
    twin = networks(nn, ops)[name]().eval()
    twin.load_state_dict({key: value.numpy() for key, value in model.state_dict().items()})
    run = compile(twin, images, threads=threads)
    return lambda: run(images)


def row(name: str, batch: int, threads: int, seconds: float, peers: list[str]) -> list[float]:
    """nnbuild's median and the peers'; the results must agree."""
    side = 32 if name == "LeNet" else 224
    images = np.random.default_rng(0).normal(size=(batch, 3, side, side)).astype(np.float32)
    model = torch_model(name)
    runs = {"nnbuild": nnbuild_run(model, name, images, threads), "torch": torch_run(model, images, threads)}
    if "onnxruntime" in peers:
        runs["onnxruntime"] = onnxruntime_run(model, images, threads)
    ours, theirs = runs["nnbuild"](), runs["torch"]()
    error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if error > 1e-4:
        print(f"{name}: differs from PyTorch by {error:.1e}")
    return [float(np.median(times)) for times in in_turns(runs, 5, seconds).values()]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--seconds", type=float, default=6)
    given = parser.parse_args()
    peers = [peer for peer in ("torch", "onnxruntime") if find_spec(peer)]
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", *peers))
    print(f"nnbuild {version('nnbuild') if _installed() else 'source'}, {versions}; {given.threads} threads\n")
    print(f"| network | batch | nnbuild ms | {' | '.join(f'{peer} ms | ratio' for peer in peers)} |")
    print("|---|--:|--:|" + "--:|--:|" * len(peers))
    ratios: list[list[float]] = []
    for name, batch in CASES:
        if given.names and not any(wanted in (name, f"{name}/{batch}") for wanted in given.names):
            continue
        ours, *others = row(name, batch, given.threads, given.seconds, peers)
        ratios.append([ours / other for other in others])
        cells = " | ".join(f"{other:.2f} | {ours / other:.2f}" for other in others)
        print(f"| {name} | {batch} | {ours:.2f} | {cells} |", flush=True)
    means = [math.exp(sum(map(math.log, column)) / len(column)) for column in zip(*ratios, strict=True)]
    print("| geometric mean | | | " + " | ".join(f" | {mean:.2f}" for mean in means) + " |")


def _installed() -> bool:
    return find_spec("nnbuild") is not None and not nnbuild.__file__.endswith("main/nnbuild/__init__.py")


if __name__ == "__main__":
    main()
