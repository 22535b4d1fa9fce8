"""Pages of `docs/` keep their links to each other, lose all others, and pass no HTML on."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from orchestration.docs_site.guides import Guide, read_guides

PAGE = """# First page

See [rules](rules.md#a-rule-of-ours), [here](#unknown-race), [decision 1](adr/0001-one.md), [code](../warehouse/sql.py) and
[elsewhere](https://example.org/x).

## Unknown race

<script>alert(1)</script> ![a map](images/map.png) ![gone](images/gone.png)

## Unknown race

| a | b |
| --- | --- |
| `x` | y |
"""


@pytest.fixture
def guides(tmp_path: Path) -> dict[str, Guide]:
    (tmp_path / "adr").mkdir()
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "map.png").write_bytes(b"png")
    (tmp_path / "first.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "rules.md").write_text("# Rules\n\n## A rule, of ours\n\nText.", encoding="utf-8")
    (tmp_path / "adr" / "0001-one.md").write_text("# 1. One\n\nBack to [first](../first.md).", encoding="utf-8")
    return {guide.path: guide for guide in read_guides(tmp_path, {})}


def test_links_between_pages_stay_and_others_become_text(guides: dict[str, Guide]) -> None:
    html = guides["guides/first.html"].html
    assert '<a href="rules.html#a-rule-of-ours">rules</a>' in html
    assert '<a href="#unknown-race">here</a>' in html
    assert '<a href="adr/0001-one.html">decision 1</a>, code and' in html
    assert "elsewhere" in html and "example.org" not in html
    assert '<a href="../first.html">first</a>' in guides["guides/adr/0001-one.html"].html


def test_headings_have_the_anchors_of_github(guides: dict[str, Guide]) -> None:
    assert '<h2 id="unknown-race">' in guides["guides/first.html"].html
    assert '<h2 id="unknown-race-1">' in guides["guides/first.html"].html
    assert '<h2 id="a-rule-of-ours">' in guides["guides/rules.html"].html


def test_html_of_a_page_is_text_and_its_images_are_inside(guides: dict[str, Guide]) -> None:
    html = guides["guides/first.html"].html
    assert "<script" not in html and "&lt;script&gt;alert(1)" in html
    assert f'src="data:image/png;base64,{base64.b64encode(b"png").decode()}"' in html
    assert html.count("<img") == 1 and "gone" in html


def test_title_and_sections(guides: dict[str, Guide]) -> None:
    first = guides["guides/first.html"]
    assert first.title == "First page" and "<h1" not in first.html
    assert [section.anchor for section in first.sections] == ["", "unknown-race", "unknown-race-1"]
    assert first.sections[0].text.startswith("See rules, here, decision 1, code and")
    assert guides["guides/adr/0001-one.html"].is_decision and not first.is_decision


def test_an_installation_without_docs_has_no_guides(tmp_path: Path) -> None:
    assert read_guides(tmp_path / "absent", {"keys.md": "# Keys"}) == []
