"""How names are read, matched with ``*``, and corrected when they are misspelt.

One rule for wildcards in the whole package: ``*`` stands for any run of characters,
``/`` included; every other character, ``?`` and ``[`` too, stands for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ikas_explore.errors import IkasError, InvalidArgumentError
from ikas_explore.text.printable import shown


def read_texts(
    values: object, name: str, error: type[IkasError] = InvalidArgumentError, *, of: str = "texts"
) -> list[str]:
    """Return one text or several as a list, or raise the error that says what `name` takes."""
    # A text is an iterable of its letters: the one mistake nothing further down notices.
    if isinstance(values, str):
        values = [values]
    if hasattr(values, "columns"):
        raise error(f"{name} is a list of {of}; of a webhook frame give frame['scope'].")
    if not isinstance(values, Iterable) or isinstance(values, Mapping):
        kind = type(values).__name__
        raise error(f"{name} is a list of {of} or one of them, not {kind}: {shown(values)}.")
    texts = list(values)
    for text in texts:
        if not isinstance(text, str):
            kind = type(text).__name__
            raise error(
                f"{name} is a list of {of}; this one is not text but {kind}: {shown(text)}."
            )
        if not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
            raise error(f"{name} holds {shown(text)}, with half of a character in it.")
    return texts


def check_choice(name: str, value: object, choices: Collection[object]) -> None:
    """Raise InvalidArgumentError for a value that is not one of the choices: texts or bools."""
    # Not `in`: an array or a frame equals nothing and everything.
    if not any(value is each or (isinstance(value, str) and value == each) for each in choices):
        known = ", ".join(map(repr, choices))
        raise InvalidArgumentError(f"{name} is one of {known}, not {shown(value)}.")


def check_flag(name: str, value: object) -> None:
    """Raise InvalidArgumentError for what is not a bool: the text "no" would count as true."""
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{name} is True or False, not {shown(value)}.")


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern, in full, with ``*`` as the only wildcard."""
    if "*" not in pattern or pattern == text:
        return pattern == text
    first, *middle, last = pattern.split("*")
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    # Each part where it comes first: no regular expression, which tries all places of all
    # parts, and for a pattern of many `*` never ends.
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """Return a clause with the known names near a misspelt one, or with all that are known."""
    import difflib  # only needed on the way to an error

    known = list(dict.fromkeys(names))
    by_folded = {each.casefold(): each for each in known}
    asked = name if isinstance(name, str) else shown(name)
    near = difflib.get_close_matches(asked.casefold(), by_folded, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(by_folded[each]) for each in near)}?"
    return f" Known: {', '.join(known)}." if known else ""


def check_known(
    names: Iterable[str],
    known: Collection[str],
    where: str,
    error: type[IkasError] = InvalidArgumentError,
) -> None:
    """Raise the error for a name that is not known, with suggestions."""
    for name in names:
        if name not in known:
            raise error(f"There is no {shown(name)} in {where}.{did_you_mean(name, known)}")
