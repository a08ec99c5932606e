"""In which order three or more tensors are multiplied: two at a time, with the fewest multiply-adds in all."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

#: An axis: a letter, or for those that `...` stands for their place from the end, from -1 on.
Label = str | int

#: Up to so many tensors every order is weighed; of more the first two come first, as in torch.
_WEIGHED = 5


class Product(NamedTuple):
    """Two of the tensors that are left, by their places; they give way to their product, which comes last.

    joined: the labels of the product's axes. macs: its multiply-adds.
    """

    first: int
    second: int
    joined: tuple[Label, ...]
    macs: int


def products(
    operands: Sequence[Sequence[Label]], output: Collection[Label], sizes: Mapping[Label, int]
) -> list[Product]:
    """The products of two tensors that make one of them all; the last has the output's axes, in some order."""
    if len(operands) < 2:
        return []
    pairs = combinations(range(len(operands)), 2) if len(operands) <= _WEIGHED else [(0, 1)]
    orders = (_from(pair, operands, output, sizes) for pair in pairs)
    return min(orders, key=lambda order: sum(product.macs for product in order))


def _from(
    pair: tuple[int, int], operands: Sequence[Sequence[Label]], output: Collection[Label], sizes: Mapping[Label, int]
) -> list[Product]:
    rest = [labels for place, labels in enumerate(operands) if place not in pair]
    wanted = {*output, *(label for labels in rest for label in labels)}
    both = dict.fromkeys([*operands[pair[0]], *operands[pair[1]]])
    joined = tuple(label for label in both if label in wanted)
    macs = math.prod(sizes[label] for label in both)
    return [Product(*pair, joined, macs), *products([*rest, joined], output, sizes)]
