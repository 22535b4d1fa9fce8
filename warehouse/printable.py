"""Make names and texts from outside safe to display, and suggest names: file names, labels and contracts are written by others.

See `orchestration.cli.display` for the terminal. Data in tables and files stay as they were delivered.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

MOST_SUGGESTED = 3
_MARKUP = re.compile(r"[\\`*\[\]<>|~#&!$]|_+")


def printable(text: str, keep: str = "") -> str:
    r"""The text with every character escaped that could control a terminal, end a line or change the order of the text.

    These are control and format characters, line separators and halves of surrogate pairs: `\x1b[2J`, `\u202e`. `keep` lists
    characters that stay.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep or unicodedata.category(character) == "Zs"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def markdown_literal(text: str) -> str:
    """The text as Markdown displays it unchanged: no link, image, emphasis or HTML. An underscore inside a word is none."""
    escaped = printable(text)

    def escape(found: re.Match[str]) -> str:
        if found[0][0] == "_" and escaped[: found.start()][-1:].isalnum() and escaped[found.end() :][:1].isalnum():
            return found[0]
        return "".join(f"\\{character}" for character in found[0])

    return _MARKUP.sub(escape, escaped)


def first_names(names: Sequence[object], most: int, separator: str = ", ", others: str = "more") -> str:
    """The first of many names or sentences, and how many others there are: `a, b and 3 more`."""
    more = len(names) - most
    end = f"{separator.rstrip(', ')} and {more:,} {others}" if more > 0 else ""
    return separator.join(map(str, names[:most])) + end


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean a or b? ` for a message about an unknown name; nothing where no known name is similar."""
    by_fold = {each.casefold(): each for each in known}
    folded = name.casefold()
    containing = [each for each in sorted(by_fold) if len(folded) > 2 and folded in each]
    close = difflib.get_close_matches(folded, by_fold, n=MOST_SUGGESTED) or containing[:MOST_SUGGESTED]
    return f"Did you mean {' or '.join(by_fold[each] for each in close)}? " if close else ""
