"""How much memory may be used: what the system says is free, under the limits that are set for this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_limit: ContextVar[int | None] = ContextVar("limit", default=None)


@contextmanager
def memory_limit(count: int | None) -> Iterator[None]:
    """Context: no more than so many bytes are taken for free."""
    token = _limit.set(count)
    try:
        yield
    finally:
        _limit.reset(token)


def available_memory() -> int:
    """Bytes that can be allocated without swapping, as far as the system tells, under the limit that is set."""
    limits = [limit for limit in (_limit.get(), _free(), _of_the_group(), _of_the_process()) if limit is not None]
    return min(limits, default=1 << 62)


def _free() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _of_the_group() -> int | None:
    """What is left of a container's limit."""
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        return None if limit == "max" else max(0, int(limit) - used)
    except (OSError, ValueError):
        return None


def _of_the_process() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def in_gigabytes(count: int) -> str:
    """Bytes for a message: '3.73 GiB'."""
    return f"{count / 2**30:,.2f} GiB" if count >= 2**27 else f"{count / 2**20:,.2f} MiB"
