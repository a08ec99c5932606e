"""The generator's numbers are torch's, in torch's order, however late they are drawn."""

from __future__ import annotations

import gc
import json
import threading
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbuild.errors import OptionError
from nnbuild.nn import random
from nnbuild.nn.random import Generator, InitError, Stream, uniform_fill
from nnbuild.ops.torch_numbers import BLOCK

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "init.json").read_text())


def close(actual: np.ndarray, expected: np.ndarray, ulps: float = 4) -> bool:
    """Equal up to rounding at the scale of the largest value: near 0 a cosine has no relative accuracy."""
    scale = max(1e-30, float(np.abs(expected).max(initial=0)))
    return actual.dtype == expected.dtype and np.allclose(
        actual, expected, rtol=0, atol=ulps * float(np.finfo(expected.dtype).eps) * scale
    )


def test_the_stored_sequence_of_draws() -> None:
    generator = Generator(2024)
    for method, shape, options, dtype, values in GOLDEN["draws"]:
        expected = np.array(values, dtype)
        if method == "permutation":
            np.testing.assert_array_equal(generator.permutation(shape), expected)
            continue
        actual = getattr(generator, method)(tuple(shape), *options, dtype)
        assert actual.shape == expected.shape and actual.dtype == expected.dtype
        assert np.array_equal(actual, expected) if method == "uniform" else close(actual, expected), (method, dtype)


def test_rounding_up_to_the_open_end_gives_the_low_end() -> None:
    values = Generator(3).uniform((100_000,), 100.0, 100.001)
    assert values.max() < np.float32(100.001) and values.min() == 100
    assert np.array_equal(Generator(3).uniform((4,), 2.5, 2.5), np.full(4, 2.5, np.float32))


def test_huge_float64_intervals_do_not_overflow() -> None:
    assert np.isfinite(Generator(1).uniform((100,), -8e307, 8e307, "float64")).all()


def test_blocks_do_not_show() -> None:
    size = 2 * BLOCK + 5
    whole = Generator(5).uniform((size,))
    parts = Generator(5)
    assert np.array_equal(whole, np.concatenate([parts.uniform((n,)) for n in (1, BLOCK - 2, BLOCK + 6)]))
    assert np.array_equal(Generator(5).normal((size,))[:BLOCK], Generator(5).normal((BLOCK,)))


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_large_draws_need_little_memory_beside_their_result(kind: str) -> None:
    tracemalloc.start()
    size = getattr(Generator(0), kind)((3_000_000,)).nbytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 12_000_000 and peak < size + 3_000_000


def test_deferred_draws_keep_their_order_whoever_asks_first() -> None:
    eager, lazy = Generator(7), Generator(7)
    expected = [eager.uniform((5,)), eager.normal((20,)), eager.permutation(6), eager.uniform((2,))]
    draws = [
        lazy.defer(lambda stream: stream.uniform((5,))),
        lazy.defer(lambda stream: stream.normal((20,))),
        lazy.defer(lambda stream: stream.permutation(6)),
    ]
    assert np.array_equal(draws[1].value(), expected[1])
    assert np.array_equal(lazy.uniform((2,)), expected[3])  # runs the whole queue first
    assert np.array_equal(draws[2].value(), expected[2])
    assert np.array_equal(draws[0].value(), expected[0])
    assert draws[0].value() is draws[0].value()


def test_a_forgotten_draw_moves_the_stream_only_if_a_later_one_is_needed() -> None:
    ran: list[str] = []

    def fill(name: str) -> Any:
        def values(stream: Stream) -> np.ndarray:
            ran.append(name)
            return stream.uniform((3,))

        return values

    generator = Generator(1)
    first, second, third = (generator.defer(fill(name)) for name in ("first", "second", "third"))
    del first, third
    values = second.value()
    assert ran == ["first", "second"]
    expected = Generator(1).uniform((9,))
    assert np.array_equal(values, expected[3:6])
    assert np.array_equal(generator.uniform((1,)), Generator(1).uniform((10,))[9:])
    assert ran == ["first", "second", "third"]


def test_values_live_only_as_long_as_their_draw() -> None:
    draw = Generator(1).defer(lambda stream: stream.uniform((3,)))
    values = weakref.ref(draw.value())
    assert values() is not None
    del draw
    gc.collect()
    assert values() is None


def test_a_draw_survives_a_new_seed() -> None:
    generator = Generator(1)
    old = generator.defer(lambda stream: stream.uniform((3,)))
    generator.manual_seed(2)
    assert np.array_equal(generator.uniform((3,)), Generator(2).uniform((3,)))
    assert np.array_equal(old.value(), Generator(1).uniform((3,)))


def test_a_failed_draw_can_be_asked_for_again() -> None:
    generator, tries = Generator(1), [MemoryError("full")]

    def fill(stream: Stream) -> np.ndarray:
        if tries:
            raise tries.pop()
        return stream.uniform((3,))

    draw = generator.defer(fill)
    with pytest.raises(MemoryError, match="full"):
        draw.value()
    assert np.array_equal(draw.value(), Generator(1).uniform((3,)))


def test_threads_share_one_queue() -> None:
    generator, got = Generator(3), {}
    draws = [generator.defer(uniform_fill((1000,), 0, 1, "float32")) for _ in range(20)]
    threads = [threading.Thread(target=lambda i=i: got.update({i: draws[i].value()})) for i in range(20)]
    for thread in reversed(threads):
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(np.concatenate([got[i] for i in range(20)]), Generator(3).uniform((20_000,)))


def test_the_default_generator_and_its_noise() -> None:
    assert random.manual_seed(-3) is random.default_generator
    assert random.initial_seed() == 2**64 - 3
    values, noise = random.default_generator.uniform((3,)), random.noise().random(3)
    assert random.noise() is random.noise()
    random.manual_seed(-3)
    assert np.array_equal(random.noise().random(3), noise)
    assert np.array_equal(random.default_generator.uniform((3,)), values)  # noise takes nothing from it


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (2**64, r"a seed lies between -2\*\*63 and 2\*\*64 - 1, got 18446744073709551616"),
        (-(2**63) - 1, "got -9223372036854775809"),
        ("many", "a seed is a whole number, got 'many'"),
        (None, "a seed is a whole number, got None"),
    ],
)
def test_seeds_that_are_refused(seed: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        Generator(seed)
    assert isinstance(caught.value, OptionError) and caught.value.option == "seed"


def test_draws_that_are_refused() -> None:
    generator = Generator(0)
    with pytest.raises(InitError, match="uniform numbers want low <= high, got low=2 and high=1"):
        generator.uniform((3,), 2, 1)
    with pytest.raises(InitError, match="the interval from -3e\\+38 to 3e\\+38 is too wide for float32"):
        generator.uniform((3,), -3e38, 3e38)
    with pytest.raises(InitError, match="normal numbers want std >= 0, got -1"):
        generator.normal((3,), 0, -1)
    with pytest.raises(InitError, match="float16, float32, float64 or a complex one; got int64"):
        generator.normal((3,), dtype="int64")


@pytest.mark.torch
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32 + 5, -1, -(2**63), 2**64 - 1])
def test_seeds_equal_torch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    generator = random.manual_seed(seed)
    torch.manual_seed(seed)
    assert random.initial_seed() == torch.initial_seed()
    assert np.array_equal(generator.uniform((700,)), torch.rand(700).numpy())


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.1, 0.1), (0.3, 7.7), (100, 100.001), (-1e-3, 5e3), (2, 2)])
def test_uniform_equals_torch_bit_by_bit(dtype: str, low: float, high: float) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(11)
    expected = torch.empty(70_001, dtype=getattr(torch, dtype)).uniform_(low, high).numpy()
    assert np.array_equal(Generator(11).uniform((70_001,), low, high, dtype), expected)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 2, 15, 16, 17, 31, 32, 1000, 70_001])
def test_normal_equals_torch_up_to_rounding(dtype: str, size: int) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(12)
    generator = Generator(12)
    for mean, std in ((0.0, 1.0), (0.1, 0.3)):
        expected = torch.empty(size, dtype=getattr(torch, dtype)).normal_(mean, std).numpy()
        assert close(generator.normal((size,), mean, std, dtype), expected)
    assert np.array_equal(generator.uniform((3,)), torch.rand(3).numpy())


@pytest.mark.torch
def test_interleaved_draws_keep_torchs_stream() -> None:
    torch = pytest.importorskip("torch")
    rng, generator = np.random.default_rng(0), Generator(99)
    torch.manual_seed(99)
    for _ in range(300):
        size, dtype = int(rng.integers(0, 40)), str(rng.choice(["float32", "float64", "float16"]))
        kind = rng.choice(["uniform", "normal", "permutation"])
        if kind == "permutation":
            assert np.array_equal(generator.permutation(size), torch.randperm(size).numpy())
        else:
            expected = getattr(torch.empty(size, dtype=getattr(torch, dtype)), f"{kind}_")(-1, 2).numpy()
            assert close(getattr(generator, kind)((size,), -1, 2, dtype), expected, 0 if kind == "uniform" else 4)
