"""Propose a glob for the sheets of a workbook that hold one table in parts, such as a sheet per year."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


def select_sheets(names: Iterable[str], glob: str) -> list[str]:
    """The names that a glob selects."""
    return [name for name in names if fnmatchcase(name, glob)]


def propose_sheets(largest: str, alike: Sequence[str], names: Sequence[str]) -> tuple[str, str]:
    """(`format.sheet`, the decision left to a person): a glob of the sheets that are `alike`, else the largest sheet."""
    # 2021 and 2022 are 20[0-9][0-9], so that next year's sheet is read and a sheet of notes is not
    patterns = {re.sub(r"(20(?=\d\d))|\d", lambda digits: digits[1] or "[0-9]", name) for name in alike}
    candidates = [*(patterns if len(patterns) == 1 else ()), "*"]
    glob = next((glob for glob in candidates if select_sheets(names, glob) == list(alike)), None) if len(alike) > 1 else None
    if glob is None:
        about = (
            f"the workbook has the sheets {', '.join(names)}; the draft takes the largest, and no run reads the others; "
            "--sheet names another, or a glob of several, like '20*'"
        )
        return largest, about
    others = [name for name in names if name not in alike]
    left = f"; no run reads {', '.join(others)}" if others else ""
    about = (
        f"the sheets {', '.join(alike)} have the same columns, and sheet {glob} reads each as a table{left}: is that right? "
        "from_file takes a value from the name of a sheet"
    )
    return glob, about
