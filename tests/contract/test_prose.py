"""The prose linter finds its phrases in prose, and leaves code alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import prose

RULES = prose.read_rules("# a comment\nfor\\s+want\\s+of -> because … is missing\nbeside -> next to\nexempt: docs/residents/*\n")


def _found(name: str, text: str) -> list[tuple[int, str]]:
    return [(item.line, item.phrase) for item in prose.find(Path(name), text, RULES)]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.md", "Nothing.\n\nRefused for want\nof a date.\n", [(3, "for want of")]),
        ("a.md", "`beside` and\n```sql\nbeside\n```\n[text](beside.md)\n", []),
        ("a.md", "| Beside | the point |\n", [(1, "Beside")]),
        ("a.py", '"""Stored beside it."""\nbeside = 1  # not beside\n', [(1, "beside"), (2, "beside")]),
        ("a.py", 'key = "beside"\ntext = f"{key} is refused for want of {key}"\n', [(2, "for want of")]),
        ("a.py", "# refused for want\n# of a date\n", [(1, "for want of")]),
        ("a.sql", "select beside -- beside `beside`\nfrom t {# beside #}\n", [(1, "beside"), (2, "beside")]),
        ("a.yml", "description: the row beside\n", [(1, "beside")]),
        ("a.yml", "- {name: x, from: Beside the road, type: text}  # from: [Beside]\n", []),
    ],
)
def test_phrases_are_found_in_prose_only(name: str, text: str, found: list[tuple[int, str]]) -> None:
    assert sorted(_found(name, text)) == found


def test_exempt_paths_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs" / "residents").mkdir(parents=True)
    for name in ("docs/residents/answer.md", "docs/page.md"):
        (tmp_path / name).write_text("beside", encoding="utf-8")
    monkeypatch.setattr(prose, "_listed", lambda root: [path.relative_to(root) for path in root.rglob("*.md")])
    assert prose.files(tmp_path, RULES) == [Path("docs/page.md")]


def test_every_line_of_the_phrase_list_is_a_rule() -> None:
    rules = prose.read_rules(prose.PHRASES.read_text(encoding="utf-8"))
    assert len(rules.banned) > 30
    assert all(instead for _, instead in rules.banned)
