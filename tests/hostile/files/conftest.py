"""Commands called in this process, as their own tests call them."""

from tests.cli.conftest import run

__all__ = ["run"]
