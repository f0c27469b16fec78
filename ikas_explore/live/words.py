# ruff: noqa: RUF001 - Turkish has letters that look like Latin ones.
"""What a live table says, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping

from ikas_explore.text.language import LANGUAGES, read_language

TEXTS: Mapping[str, tuple[str, str]] = {
    "time": ("Time (UTC)", "Zaman (UTC)"),
    "scope": ("Scope", "Kapsam"),
    "object": ("Object", "Nesne"),
    "signature": ("Signature", "İmza"),
    "answer": ("Answer", "Yanıt"),
    "attempts": ("Attempts", "Deneme"),
    "good": ("valid", "geçerli"),
    "wrong": ("invalid", "geçersiz"),
    "unchecked": ("not checked", "denetlenmedi"),
    "none": ("Nothing has arrived yet.", "Henüz bir şey gelmedi."),
    "filter": ("Filter by scope, object or answer", "Kapsam, nesne veya yanıt yazın"),
    "pause": ("Pause", "Duraklat"),
    "go on": ("Resume", "Devam et"),
    "body": ("Body", "İçerik"),
    "choose": ("choose a delivery", "bir teslimat seçin"),
    "replay": ("Replay", "Yeniden gönder"),
    "replayed": ("Sent again: {what}.", "Yeniden gönderildi: {what}."),
    "stopped": (
        "Stopped. Run the cell again to go on.",
        "Durdu. Devam etmek için hücreyi yeniden çalıştırın.",
    ),
}


class Words:
    """The texts of one language, by default that of the locale."""

    texts = TEXTS

    def __init__(self, language: str | None = None) -> None:
        self.language = read_language(language)

    def __call__(self, key: str, **values: object) -> str:
        text = self.texts[key][LANGUAGES.index(self.language)]
        return text.format(**values) if values else text
