"""Threads: one pool a process, and the number of threads that BLAS takes.

NumPy lets go of the interpreter inside products and element-wise passes, so Python threads run strips of a step side by
side. Handing over a task takes 7 us here, and waiting threads do not spin.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from queue import SimpleQueue
from typing import Any

from nnbuild.lazy import np

Call = Callable[[], Any]


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """A thread that runs lists of calls and says when each is done."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Sequence[Call]] = SimpleQueue()
        self.done: SimpleQueue[BaseException | None] = SimpleQueue()
        threading.Thread(target=self._work, name="nnbuild-engine", daemon=True).start()

    def _work(self) -> None:
        with np.errstate(all="ignore"):
            while True:
                calls = self.tasks.get()
                try:
                    for call in calls:
                        call()
                except BaseException as error:
                    self.done.put(error)
                else:
                    self.done.put(None)


class Pool:
    """The workers of this process. One run uses them at a time: `lock` is held around it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process = os.getpid()
        self.workers: list[_Worker] = []

    def run(self, phases: Sequence[Sequence[Sequence[Call]]]) -> None:
        """Run the phases one after the other, the lists of each side by side."""
        for phase in phases:
            if len(phase) > 1:
                self.together(phase)
            elif phase:
                for call in phase[0]:
                    call()

    def together(self, lists: Sequence[Sequence[Call]]) -> None:
        """Run the first list here and the others in workers, and wait for all."""
        while len(self.workers) < len(lists) - 1:
            self.workers.append(_Worker())
        busy = []
        for worker, calls in zip(self.workers, lists[1:], strict=False):
            if calls:
                worker.tasks.put(calls)
                busy.append(worker)
        failure: BaseException | None = None
        try:
            for call in lists[0]:
                call()
        except BaseException as error:
            failure = error
        for worker in busy:
            failure = worker.done.get() or failure
        if failure is not None:
            raise failure


_pool = Pool()


def pool() -> Pool:
    """The pool; a new one in a forked process, where threads do not survive."""
    global _pool
    if _pool.process != os.getpid():
        _pool = Pool()
    return _pool


@cache
def _blas() -> list[Any]:
    from threadpoolctl import ThreadpoolController

    np.dot(np.ones(2), np.ones(2))  # the library is loaded only then
    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def blas_on_one_thread() -> Iterator[None]:
    """Hold BLAS to one thread: the strips are spread over threads already. Setting and restoring takes 2 us."""
    before = [library.get_num_threads() for library in _blas()]
    for library in _blas():
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, count in zip(_blas(), before, strict=True):
            library.set_num_threads(count)
