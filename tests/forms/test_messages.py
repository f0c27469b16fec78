# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""Every word of the forms, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import ikas_explore.forms
from ikas_explore import errors
from ikas_explore.errors import IkasError
from ikas_explore.forms.texts import TEXTS
from ikas_explore.forms.words import Words
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.language import LANGUAGES, default_language

FOLDER = Path(ikas_explore.forms.__file__).parent


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_there_in_every_language(key: str) -> None:
    """None is empty, none is the other's, and all take the same values."""
    texts = TEXTS[key]
    assert len(texts) == len(LANGUAGES)
    assert all(text.strip() == text and text for text in texts)
    names = [set(re.findall(r"\{(\w*)(?::of)?\}", text)) for text in texts]
    same_word_in_both = ("age.", "group.stock", "log")
    # A text for one may say the number as a word of its own.
    assert len({frozenset(each) for each in names}) == 1, texts
    if not key.startswith(same_word_in_both):
        assert len(set(texts)) == len(texts)


def test_no_text_is_missing_and_none_is_left_over() -> None:
    """Keys in the source, with what is put into them, are exactly those of the table."""
    patterns = []
    for path in FOLDER.glob("*.py"):
        if path.name != "texts.py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    patterns.append(re.escape(node.value))
                elif isinstance(node, ast.JoinedStr):
                    patterns.append(
                        "".join(
                            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r".+"
                            for part in node.values
                        )
                    )
    said = re.compile("|".join(f"(?:{each})(?:\\.one|\\.many)?" for each in patterns if each))
    left_over = [key for key in TEXTS if not said.fullmatch(key)]
    assert left_over == []
    asked = {
        argument.value
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _is_words(node.func)
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    missing = {key for key in asked if key not in TEXTS and f"{key}.one" not in TEXTS}
    assert len(asked) > 30
    assert missing == set()


def _is_words(function: ast.expr) -> bool:
    """Whether a call is one of ``words(...)``, ``self._words(...)``, ``words.count(...)``."""
    if isinstance(function, ast.Attribute) and function.attr == "count":
        function = function.value
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("words", "_words")


def test_every_scope_group_and_error_has_words() -> None:
    for scope in Scope.registrable():
        assert f"scope.{scope}" in TEXTS
        assert f"group.{scope.group}" in TEXTS
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    for kind in kinds:
        if issubclass(kind, IkasError):
            error = kind.__new__(kind)
            assert "{kind}" not in Words("tr").error(error)
            assert "Beklenmeyen" not in Words("tr").error(error)
    assert "ValueError" in Words("en").error(ValueError("x"))


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "tr_TR.UTF-8"}, "tr"),
        ({"LANG": "tr_TR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "tr:en"}, "tr"),
        ({"LC_MESSAGES": "tr_TR", "LANG": "de_DE"}, "tr"),
        ({"LANG": "trv_TW.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert default_language(environment) == language


def test_the_turkish_form_speaks_turkish(monkeypatch: pytest.MonkeyPatch) -> None:
    from ikas_explore.forms.manager import SaveForm
    from tests.manage.registries import DictRegistry

    monkeypatch.setenv("LANGUAGE", "tr")
    form = SaveForm(DictRegistry())
    form.fill(endpoint="https://erp.example.com/", scopes=["store/order/created"])
    assert form.title == "Uç nokta kaydet: acme"
    form.click("save")
    assert form.message == "1 kapsamın 1'i kaydedildi, ikas onayladı."
