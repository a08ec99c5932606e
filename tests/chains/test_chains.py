"""Random chains of layers: nothing but an NnbuildError comes out, and what is traced is what is computed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from tests.chains import Chain, chain
from tests.chains.verdicts import Verdict, computed, differ, torchs, traced

QUICK, MANY = 400, 20_000

#: The share of verdicts that may be others than PyTorch's.
ALLOWED = 0.001


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """What a layer warns of is not asked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def faults(chain: Chain, on_shapes: Verdict, on_numbers: Verdict) -> Iterator[str]:
    """What is wrong whatever PyTorch says: other errors, and a trace that promises what a run does not give."""
    for verdict in (on_shapes, on_numbers):
        if verdict.raw:
            yield f"{chain}\n    raises {verdict.why}"
    if on_numbers.shapes is not None and on_numbers.shapes != on_shapes.shapes:
        yield f"{chain}\n    is traced {on_shapes.shapes} {on_shapes.why}, computed {on_numbers.shapes}"


def test_a_chain_runs_or_is_refused() -> None:
    chains = [chain(number) for number in range(QUICK)]
    verdicts = [(chain, traced(chain), computed(chain)) for chain in chains]
    found = [fault for verdict in verdicts for fault in faults(*verdict)]
    assert not found, "\n".join(found)
    accepted = sum(on_numbers.shapes is not None for _, _, on_numbers in verdicts)
    assert accepted > QUICK / 5


@pytest.mark.torch
@pytest.mark.large
def test_a_chain_fits_where_it_fits_in_torch() -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    found, others = [], []
    for number in range(QUICK, QUICK + MANY):
        drawn = chain(number)
        ours, theirs = computed(drawn), torchs(drawn)
        found += faults(drawn, traced(drawn), ours)
        if differ(drawn, ours, theirs):
            others.append(f"{drawn}\n    here {ours.shapes} {ours.why}\n    torch {theirs.shapes} {theirs.why}")
    print(f"{len(others)} of {MANY:,} verdicts differ from PyTorch's", *others, sep="\n")
    assert not found, "\n".join(found)
    assert len(others) <= ALLOWED * MANY, "\n".join(others)
