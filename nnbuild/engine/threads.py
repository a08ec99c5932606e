"""Threads: one pool a process, and the number of threads that BLAS takes.

NumPy lets go of the interpreter inside products and element-wise passes, so Python threads run strips of a step side by
side. Handing over a task takes 7 us here, and waiting threads do not spin.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from queue import SimpleQueue
from typing import Any

from nnbuild.engine.step import Call, Phase, even_parts
from nnbuild.lazy import np

_THREADS_A_CORE = 4


def cores() -> set[int]:
    """The cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def usable_cores() -> int:
    """How many these are."""
    return len(cores())


def most_threads() -> int:
    """How many threads are of any use, and a few more."""
    return _THREADS_A_CORE * usable_cores()


@cache
def _core_asker() -> Callable[[], int] | None:
    library = ctypes.CDLL(None) if hasattr(os, "sched_setaffinity") else None
    return getattr(library, "sched_getcpu", None)


def current_core() -> int | None:
    """The core on which this thread runs, None where the system does not say."""
    ask = _core_asker()
    return None if ask is None else ask()


class _Worker:
    """A thread that runs lists of calls and says when each is done."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Sequence[Call]] = SimpleQueue()
        self.done: SimpleQueue[BaseException | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._work, name="nnbuild-engine", daemon=True)
        self.thread.start()

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
        self.cores = cores()
        self.core: int | None = None  # that the workers stay off

    def _spread(self) -> None:
        """Keep the workers off the core of this thread and off each other's.

        A scheduler that gathers threads which sleep a lot on one core, as in small virtual machines, ran both halves of
        a step there: LeNet of batch 64 took 5.0 ms, so 2.7.
        """
        core = current_core()
        if core is None or core == self.core:
            return
        self.core = core
        free = sorted(self.cores - {core})
        if len(self.workers) > len(free):
            return
        with suppress(OSError):  # the cores that the process may use have changed
            for worker, (start, stop) in zip(self.workers, even_parts(len(free), len(self.workers)), strict=True):
                os.sched_setaffinity(worker.thread.native_id or 0, free[start:stop])

    def run(self, phases: Sequence[Phase]) -> None:
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
            self.core = None
        self._spread()
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
    libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return libraries


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
