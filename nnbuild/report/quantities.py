"""Counts and bytes as people read them."""

from __future__ import annotations


def with_bytes(count: int) -> str:
    """A number of bytes for people: '233.08 MiB'."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            return f"{int(size)} {unit}" if unit == "B" else f"{size:,.2f} {unit}"
        size /= 1024
    raise AssertionError


def with_prefix(count: int) -> str:
    """A count for people: '714.19 M'; as it is below 10,000."""
    size = float(count)
    if size < 10_000:
        return f"{count:,}"
    for unit in ("k", "M", "G", "T", "P"):
        size /= 1000
        if size < 1000 or unit == "P":
            return f"{size:,.2f} {unit}"
    raise AssertionError
