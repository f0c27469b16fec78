"""What is wrong with an endpoint that is typed in, in words."""

from __future__ import annotations

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.forms.controls import Judgement
from ikas_explore.forms.words import Words
from ikas_explore.text.printable import is_visible
from ikas_explore.values.urls import check_endpoint, is_private, read_url


def judge_endpoint(words: Words, text: str, *, allow_http: bool) -> Judgement:
    """Say what is wrong with an endpoint that is typed in, or that it can be used.

    `check_endpoint` decides; here its refusal is named, to be said in every language.
    """
    try:
        check_endpoint(text, local=allow_http)
    except InvalidArgumentError:
        problem = words(f"problem.{_problem(text, allow_http=allow_http)}")
        if "https://".startswith(text.casefold()):  # its first letters are no mistake yet
            return "plain", words("hint.endpoint"), problem
        return "bad", problem, problem
    # A sandbox can push to an endpoint on this machine, which is the usual one there.
    return "good", words("good.here" if _only_here(text) else "good.endpoint"), None


def _problem(endpoint: str, *, allow_http: bool) -> str:
    text = endpoint.strip()
    scheme, _, rest = text.partition("://")
    if not text:
        return "required"
    if text != endpoint or any(each.isspace() for each in text):
        return "endpoint.space"
    if scheme.casefold() != "https" and not (allow_http and scheme.casefold() == "http"):
        return "endpoint.https"
    if not is_visible(text):
        return "endpoint.hidden"
    if not rest.split("/")[0].strip(":"):
        return "endpoint.host"
    return "endpoint.private" if _only_here(endpoint) else "endpoint.unreadable"


def _only_here(endpoint: str) -> bool:
    """Whether an endpoint leads to no host on the internet, so that ikas cannot reach it."""
    try:
        return is_private(read_url(endpoint).host)
    except InvalidArgumentError:
        return False
