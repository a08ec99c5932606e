"""Failures as messages on standard error and exit statuses: the one place where a user's mistake becomes these."""

from __future__ import annotations

import errno
import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from nnbuild.cli import streams
from nnbuild.ending import INTERRUPTED
from nnbuild.errors import NnbuildError

#: The exit status where the reader of the output has gone; beside 1 for mistakes and 2 for a wrong call.
PIPE_CLOSED = 141


@contextmanager
def told() -> Iterator[None]:
    """Context: what fails inside is told, and ends the program with its status."""
    from nnbuild.cli.output import tell_left_out

    streams.take_any_character()
    try:
        with warnings.catch_warnings(), _flushed():
            warnings.showwarning = _show_warning
            yield
    except click.exceptions.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:
        status = _told(error)
        if status is None:
            raise
        raise click.exceptions.Exit(status) from None
    finally:
        tell_left_out()
        streams.give_up_broken()


@contextmanager
def _flushed() -> Iterator[None]:
    """Context: what was printed inside is written out; that this fails is told only where nothing else has failed."""
    try:
        yield
    except click.exceptions.Exit:
        sys.stdout.flush()
        raise
    except BaseException:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        raise
    sys.stdout.flush()


def _told(error: BaseException) -> int | None:
    """Tell of the error; the exit status, None for one that nobody expects."""
    from nnbuild.cli.output import say, warn

    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    if isinstance(error, click.ClickException):
        say(_usage(error))
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        warn("interrupted")
        return INTERRUPTED
    if isinstance(error, NnbuildError):
        say(error.render())
    elif isinstance(error, OSError):
        closed = error.errno == errno.EBADF and not error.filename
        reason = "it is closed" if closed else error.strerror or error
        warn(f"error: {error.filename or 'the output'}: {reason}")
    elif isinstance(error, MemoryError):
        warn("error: there is not enough memory")
    elif isinstance(error, RecursionError):
        warn("error: the network is nested too deep")
    else:
        return None
    return 1


def _usage(error: click.ClickException) -> str:
    """What click says of a wrong call."""
    from nnbuild.words import sentence

    shown, message = io.StringIO(), error.format_message()
    error.show(file=shown)
    return shown.getvalue().rstrip("\n").replace(message, sentence(message))


def _show_warning(message: Warning | str, *where: object, **more: object) -> None:
    from nnbuild.cli.output import warn

    with suppress(OSError):
        warn(f"warning: {message}")
