"""What came of an action, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.forms.markup import Kind
from ikas_explore.forms.session import Session
from ikas_explore.forms.words import Words
from ikas_explore.manage.applying import CONFLICT, DELETED, FAILED, SAVED

if TYPE_CHECKING:
    from pandas import DataFrame


def told(
    session: Session, words: Words, outcomes: DataFrame, done: str, python: str
) -> tuple[Kind, list[str]]:
    """Say what came of an action, and write it into the session's log.

    Parameters
    ----------
    session : Session
    words : Words
    outcomes : pandas.DataFrame
        As from `Plan.apply`.
    done : str
        The key of the message for when all went well.
    python : str
        The line that does the same.

    Returns
    -------
    tuple of kind and sentences
    """
    kind, sentences = _told(session, words, outcomes, done)
    session.note(python, sentences[0])
    return kind, sentences


def _told(session: Session, words: Words, outcomes: DataFrame, done: str) -> tuple[Kind, list[str]]:
    sent = outcomes[outcomes["outcome"].isin([SAVED, DELETED, FAILED, CONFLICT])]
    good = int(sent["outcome"].isin([SAVED, DELETED]).sum())
    error = session.error
    if good < len(sent):
        if error is not None:
            return "bad", [words.error(error), str(error), words("kept_entries")]
        reasons = dict.fromkeys(sent["error"].dropna())
        return "warning", [words("partly"), *reasons, words("kept_entries")]
    if not session.current:
        return "warning", [words("unread"), "" if error is None else words.error(error)]
    return "good", [words(done, done=good, count=len(sent))]
