"""The largest element of each window: what sliding and adaptive max pooling share."""

from __future__ import annotations

from nnbuild.lazy import np
from nnbuild.ops.window import Slide

#: For each output element the places along one axis among which it is the largest; () where there is none.
Taps = list[tuple[int, ...]]


def slide_taps(slide: Slide, length: int) -> Taps:
    """The taps of a sliding window. One in the padding gives way to the window's nearest inside: no maximum changes."""
    rows: Taps = []
    for out in range(slide.size(length)):
        start = out * slide.stride - slide.before
        places = range(start, start + slide.extent, slide.dilation)
        inside = [place for place in places if 0 <= place < length]
        rows.append(tuple(min(max(place, inside[0]), inside[-1]) for place in places) if inside else ())
    return rows


def largest(input: np.ndarray, taps: list[Taps], with_indices: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """The largest elements over the last axes and, on demand, their places in the flattened plane.

    One axis is reduced after the other, the last first: of equal elements the first in reading order wins, as in torch.
    A NaN wins over any number, the last one over those before it.
    """
    values, indices = input, None
    if with_indices:
        sizes = input.shape[-len(taps) :]
        places = np.arange(np.prod(sizes), dtype=np.int64).reshape(sizes)
        indices = np.broadcast_to(places, input.shape)
    for axis, rows in reversed(list(enumerate(taps, start=input.ndim - len(taps)))):
        values, indices = _reduced(values, indices, axis, rows)
    return values, indices


def _reduced(
    values: np.ndarray, indices: np.ndarray | None, axis: int, rows: Taps
) -> tuple[np.ndarray, np.ndarray | None]:
    reach = max(map(len, rows), default=0)
    columns = [[row[min(tap, len(row) - 1)] if row else 0 for row in rows] for tap in range(max(1, reach))]
    best = _picked(values, axis, columns[0]).copy()
    found = None if indices is None else _picked(indices, axis, columns[0]).copy()
    for column in columns[1:]:
        candidate = _picked(values, axis, column)
        if indices is None or found is None:
            np.maximum(best, candidate, out=best)
        else:
            better = candidate > best
            better |= candidate != candidate
            np.copyto(best, candidate, where=better)
            np.copyto(found, _picked(indices, axis, column), where=better)
    for place, row in enumerate(rows):
        if not row:  # a dilated window with every tap in the padding
            best[(slice(None),) * axis + (place,)] = -np.inf if best.dtype.kind == "f" else np.iinfo(best.dtype).min
    return best, found


def _picked(array: np.ndarray, axis: int, places: list[int]) -> np.ndarray:
    """The array at these places of the axis: a view where they are evenly spaced."""
    if len(places) > 1 and places[1] > places[0]:
        even = range(places[0], places[-1] + 1, places[1] - places[0])
        if places == list(even):
            return array[(slice(None),) * axis + (slice(even.start, even.stop, even.step),)]
    return array.take(places, axis)
