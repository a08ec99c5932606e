"""Side by side: the times of the engine and of its peers on one network."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from nnbuild.bench.peers import Pass, peer
from nnbuild.engine.compile import compile
from nnbuild.engine.threads import usable_cores
from nnbuild.graph.trace import trace
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.ops.nests import tensors_in
from nnbuild.ops.spec import TensorSpec

#: Seconds of rest before each turn, and after how many of these it begins even if other threads are still busy.
_PAUSE, _PATIENCE = 0.02, 20


class Timing(NamedTuple):
    """Milliseconds of the runs of each, in the order in which they took turns; and what it was measured with."""

    milliseconds: dict[str, list[float]]
    difference: dict[str, float]  # the largest from the engine's result, as a share of its largest value
    gmacs: float
    inputs: tuple[TensorSpec, ...]
    threads: int
    versions: dict[str, str]


def measured(
    model: Module, specs: Sequence[TensorSpec], against: Sequence[str], repeat: int, threads: int | None
) -> Timing:
    """Time a model on random inputs of these shapes, and the named peers on the same."""
    threads = threads or usable_cores()
    inputs = [_drawn(spec) for spec in specs]
    graph = trace(model, *inputs)
    compiled = compile(model, *inputs, threads=threads)
    runs: dict[str, Pass] = {"nnbuild": lambda: compiled(*inputs)}
    runs |= {name: peer(name, graph, inputs, threads) for name in against}
    results = {name: [np.asarray(tensor) for tensor in _tensors(run())] for name, run in runs.items()}
    ours = results.pop("nnbuild")
    times = in_turns(runs, repeat)
    difference = {
        name: max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-30)) for a, b in zip(ours, theirs, strict=True))
        for name, theirs in results.items()
    }
    versions = {name: version(name) for name in ("numpy", *against)}
    return Timing(times, difference, graph.macs / 1e9, tuple(specs), threads, versions)


def in_turns(runs: Mapping[str, Pass], repeat: int, seconds: float = 0) -> dict[str, list[float]]:
    """Milliseconds of each run, taking turns `repeat` times and then for so many seconds in all.

    A turn begins when the process is at rest: the threads of the run before may wait actively for some 50 ms, and with
    two cores that made the next run up to 1.9 times as long. Its first run is not timed: it fills the caches.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    end = time.perf_counter() + seconds
    turn = 0
    while turn < repeat or time.perf_counter() < end:
        turn += 1
        for name, run in runs.items():
            _rest()
            run()
            start = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - start))
    return times


def _rest() -> None:
    """Wait until no thread of this process works."""
    for _ in range(_PATIENCE):
        before = time.process_time()
        time.sleep(_PAUSE)
        if time.process_time() - before < _PAUSE / 20:
            return


def _tensors(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple) else tensors_in(result)


def _drawn(spec: TensorSpec) -> np.ndarray:
    random = np.random.default_rng(0)
    if spec.dtype.startswith("float"):
        return random.normal(size=spec.shape).astype(spec.dtype)
    return random.integers(0, 2, spec.shape).astype(spec.dtype)
