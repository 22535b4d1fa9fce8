"""Names from outside are displayed as text: they control no terminal, begin no line and are no markup."""

from __future__ import annotations

import pytest

from warehouse.printable import first_names, markdown_literal, printable


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("visits ä 北 \u00a0é.csv", "visits ä 北 \u00a0é.csv"),
        ("\x1b[2J\x1b]8;;http://evil\x07x", r"\x1b[2J\x1b]8;;http://evil\x07x"),
        ("\x9b31m\r\n\tRESOLVED: all", r"\x9b31m\r\n\tRESOLVED: all"),
        ("invoice\u202efdp.csv", r"invoice\u202efdp.csv"),
        ("a\u2028b\u200bc\ufeff", r"a\u2028b\u200bc\ufeff"),
        ("half \udcff", r"half \udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_control_and_format_characters_are_escaped(text: str, escaped: str) -> None:
    assert printable(text) == escaped
    assert printable(escaped) == escaped


def test_wanted_characters_stay() -> None:
    assert printable("a\n\tb\x1b", "\n\t") == "a\n\tb\\x1b"


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("ucc__service_requests (311), 98 %", "ucc__service_requests (311), 98 %"),
        ("[x](javascript:alert(1)) ![i](http://evil)", r"\[x\](javascript:alert(1)) \!\[i\](http://evil)"),
        ("<script>&lt; <!channel>", r"\<script\>\&lt; \<\!channel\>"),
        ("_em_ *b* `code` a|b # ~~c~~ \\", r"\_em\_ \*b\* \`code\` a\|b \# \~\~c\~\~ " + "\\\\"),
        ("a\n# heading", r"a\\n\# heading"),
        ("__init__ a__b", r"\_\_init\_\_ a__b"),
    ],
)
def test_markup_is_escaped_for_markdown(text: str, literal: str) -> None:
    assert markdown_literal(text) == literal


def test_of_many_names_the_first_are_listed_and_the_others_counted() -> None:
    assert first_names([], 2) == ""
    assert first_names(["a", "b"], 2) == "a, b"
    assert first_names(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert first_names(["a is wrong", "b is", "c is"], 1, "; ") == "a is wrong; and 2 more"
    assert first_names(range(3), 1, others="earlier") == "0 and 2 earlier"
