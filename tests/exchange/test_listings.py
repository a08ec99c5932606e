"""The listings of PyTorch source are PyTorch's: it runs them, and they have the keys of the bundled specs."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import nnbuild
from tests.exchange.test_in_torch import facts, facts_in_torch, network_of

LISTINGS = Path(__file__).parent / "listings"
#: The spec of the same network, by the listing.
SPECS = {
    "lenet_sequential": "lenet_sequential",
    "lenet_sequential_order_dict": "lenet",
    "module_list": "module_list",
    "module_dict": "module_dict",
    "alexnet": "alexnet",
}


def test_every_listing_has_its_spec() -> None:
    assert {path.stem for path in LISTINGS.glob("*.py")} == set(SPECS)


@pytest.mark.torch
@pytest.mark.parametrize("name", SPECS)
def test_a_listing_is_the_network_of_its_spec(name: str) -> None:
    torch = pytest.importorskip("torch")
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = network_of((LISTINGS / f"{name}.py").read_text())()
    assert facts_in_torch(network) == facts(nnbuild.load(SPECS[name]))
