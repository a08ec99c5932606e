"""Words of others in what is shown: on one line, with nothing that steers a terminal, and of bounded length."""

from __future__ import annotations

from collections.abc import Iterable

#: Characters of a sentence that an error shows, and of a line of a spec.
MAX_SENTENCE, MAX_LINE = 1500, 200

#: Names in a list, notes of an error, and problems in a report.
MAX_NAMES, MAX_NOTES, MAX_PROBLEMS = 30, 20, 50

#: Characters of a name for which another is suggested, and steps of comparing that one suggestion may take.
_MAX_NAME, _MAX_STEPS = 100, 1_000_000


def shown(text: str) -> str:
    """The text on one line: what is not printed, or turns the direction of writing, as Python escapes it."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    from unicodedata import category

    plain = character.isprintable() or category(character) == "Zs"  # a space of another width
    return character if plain else character.encode("unicode_escape").decode("ascii")


def cut(text: str, most: int = MAX_SENTENCE) -> str:
    """The text, or its beginning and its end and how much is left out between them."""
    if len(text) <= most:
        return text
    end = most // 5
    return f"{text[: most - end]} ... {len(text) - most:,} characters ... {text[-end:]}"


def sentence(text: str) -> str:
    """What is shown of a text: one line of bounded length."""
    return shown(cut(text))


def listed(names: Iterable[object], most: int = MAX_NAMES) -> str:
    """'a, b, c', and of many names the first ones and how many more there are."""
    words = [str(name) for name in names]
    more = [f"and {len(words) - most:,} more"] if len(words) > most + 1 else []
    return ", ".join([*words[: most if more else None], *more])


def closest(name: str, known: Iterable[str], cutoff: float) -> str | None:
    """The known name that is most like this one, None if none is `cutoff` of it, 1 being equal.

    Capitals count unless nothing else is like it. Long names are not compared, and many only as far as that is quick.
    """
    names = [each for each in known if len(each) <= _MAX_NAME]
    if len(name) > _MAX_NAME:
        return None
    folded = {each.lower(): each for each in names}
    close = next((each for each in names if each.lower() == name.lower()), None) or _most_like(name, names, cutoff)
    if close is None and (lowered := _most_like(name.lower(), list(folded), cutoff)) is not None:
        close = folded[lowered]
    return close


def _most_like(name: str, names: list[str], cutoff: float) -> str | None:
    """The one whose letters in their order are most like the name's; of several the last in the alphabet."""
    from difflib import SequenceMatcher

    letters = SequenceMatcher(b=name)
    steps = _MAX_STEPS
    able: list[tuple[float, str]] = []
    for each in names:
        letters.set_seq1(each)
        if letters.real_quick_ratio() >= cutoff:
            steps -= len(name) + len(each)
            if steps < 0:
                break
            able.append((letters.quick_ratio(), each))
    best, found = cutoff, None
    for bound, each in sorted(able, reverse=True):
        steps -= len(name) * len(each)
        if bound < best or steps < 0:
            break
        letters.set_seq1(each)
        ratio = letters.ratio()
        if ratio > best or (ratio == best and (found is None or each > found)):
            best, found = ratio, each
    return found
