"""How names are matched and how a misspelt one is answered.

One rule for wildcards in the whole package: ``*`` stands for any run of characters,
``/`` included; every other character, ``?`` and ``[`` too, stands for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ikas_explore.errors import IkasError, InvalidArgumentError


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text is the pattern, or fits it with ``*`` as the only wildcard.

    Parameters
    ----------
    pattern : str
        A literal, or a pattern such as ``store/order/*``.
    text : str
        What is looked at, in full.

    Returns
    -------
    bool

    Examples
    --------
    >>> matches("store/order/*", "store/order/created")
    True
    >>> matches("https://example.com/?a=[1]", "https://example.com/?a=[1]")
    True
    """
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


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Say which known names are near a misspelt one.

    Parameters
    ----------
    name : str
        What was asked for.
    names : iterable of str
        What there is.

    Returns
    -------
    str
        A clause that starts with a space, such as ``" Did you mean 'scope'?"``; the
        known names when none is near; empty when there are none.

    Examples
    --------
    >>> did_you_mean("scoep", ["scope", "endpoint"])
    " Did you mean 'scope'?"
    """
    import difflib  # only needed on the way to an error

    known = list(dict.fromkeys(names))
    by_folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(str(name).casefold(), by_folded, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(by_folded[each]) for each in near)}?"
    return f" Known: {', '.join(known)}." if known else ""


def check_known(
    names: Iterable[str],
    known: Collection[str],
    where: str,
    error: type[IkasError] = InvalidArgumentError,
) -> None:
    """Raise the error for a name that is not known, with the near ones.

    Examples
    --------
    >>> check_known(["scoep"], ["scope", "endpoint"], "the file")
    Traceback (most recent call last):
    ikas_explore.errors.InvalidArgumentError: There is no 'scoep' in the file. Did you mean 'scope'?
    """
    for name in names:
        if name not in known:
            raise error(f"There is no {name!r} in {where}.{did_you_mean(name, known)}")
