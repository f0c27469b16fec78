"""Texts and JSON that break things."""

from __future__ import annotations

from hypothesis import strategies as st

#: Markup, terminal sequences, characters that lie about their order or cannot be written.
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><b>',
    "' onmouseover='x",
    "&amp;",
    "&#x3c;b&#x3e;",
    "]]>",
    "<!--",
    "--!>",
    "<?x",
    "</style>",
    "</td></tr></table>",
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "[a](javascript:x)",
    "~~b~~",
    "**b**",
    "_b_",
    "# h",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x00",
    "\x08",
    "\x7f",
    "\x85",
    "\xa0",
    "\xad",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\ufffe",
    "=1+1",
    "+1",
    "@SUM(1)",
    "-1",
    "%s",
    "%00",
    "%",
    "{}",
    "{0.__class__}",
    "{store}",
    "$HOME",
    "\\x00",
    "\\x1b[31m",
    "www.evil.example",
    "https://evil.example/?token=hunter2hunter2&a=1",
    "https://me:hunter2@evil.example/",
    "me@evil.example",
    "store/order/*",
    "*",
    "'",
    ";",
    "\u0130\u0131",
    "\U0001f600",
    "e\u0301",
]
SURROGATES = ["\ud800", "\udfff", "\udc80"]

# st.text alone seldom puts two of these together.
texts = st.lists(
    st.sampled_from(HOSTILE) | st.text(max_size=4),
    max_size=5,
).map("".join)
#: The same, and halves of surrogate pairs, which have no bytes in UTF-8.
any_texts = texts | st.lists(
    st.sampled_from([*SURROGATES, *HOSTILE]),
    max_size=4,
).map("".join)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_texts
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_texts, inner, max_size=4),
    max_leaves=10,
)


def quiet(text: str) -> bool:
    """Tell whether a text holds nothing that steers a terminal or hides in it."""
    return all(each.isprintable() or each in "\n\t" for each in text)
