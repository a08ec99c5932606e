"""The pages behind `nnbuild help TOPIC`: a Markdown file a topic, read on the web as it is.

A page opens with its title and one sentence that says what it is about.
"""

from __future__ import annotations

from importlib.resources import files

from nnbuild.errors import InputError, suggestion

_SUFFIX = ".md"


def topics() -> list[str]:
    """The names of the pages."""
    return sorted(
        entry.name.removesuffix(_SUFFIX) for entry in files(__name__).iterdir() if entry.name.endswith(_SUFFIX)
    )


def page(topic: str) -> str:
    """The Markdown of a topic. Raises InputError for an unknown one."""
    known = topics()
    if topic not in known:
        hint = suggestion(topic, known) or f"there are {', '.join(known)}"
        raise InputError(f"there is no topic {topic!r}", hint=hint)
    return (files(__name__) / f"{topic}{_SUFFIX}").read_text("utf-8")


def about(topic: str) -> str:
    """The sentence that a page opens with."""
    return page(topic).split("\n\n")[1]
