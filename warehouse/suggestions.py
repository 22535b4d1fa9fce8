"""Suggest the name that was meant, in messages about a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean a or b? ` with the names most alike, or nothing where none is similar."""
    by_fold = {each.casefold(): each for each in known}
    folded = name.casefold()
    containing = [each for each in sorted(by_fold) if len(folded) > 2 and folded in each]
    close = difflib.get_close_matches(folded, by_fold, n=MOST) or containing[:MOST]
    return f"Did you mean {' or '.join(by_fold[each] for each in close)}? " if close else ""
