"""Write docs/published-columns.md from expectations/disclosure/columns.yml: `python -m tests.support.classification_page`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from expectations.disclosure.classification import classification, on_hidden_rows

PAGE = Path(__file__).parents[2] / "docs" / "published-columns.md"
_HEAD = """# What the disclosure audit makes of each published column

Generated from `expectations/disclosure/columns.yml` by `python -m tests.support.classification_page`; a test compares both.
A column without an entry blocks the release, and so does a value of a hidden row in a column that it may not fill.

- **attacked**: the audit reads it, as an equation on counts of persons or as a value that a hidden row must not show
- **guarded**: a rule of its own hides it
- **harmless**: it reveals no count of persons, for the reason given
"""


def page() -> str:
    """The page: one table per public table and per other file of a release."""
    parts = [_HEAD]
    for table, columns in classification().items():
        parts.append(f"\n## `{table}`\n\n| columns | class | reason |\n| --- | --- | --- |\n")
        for (kind, reason), group in groupby(columns.items(), key=lambda item: item[1]):
            names = ", ".join(f"`{name}`" for name, _ in group)
            parts.append(f"| {names} | {kind} | {reason or 'equation, or refused on hidden rows'} |\n")
        if filled := on_hidden_rows()[table]:
            parts.append(f"\nA hidden row may fill {', '.join(f'`{name}`' for name in columns if name in filled)}.\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
