"""The program that accepts public pages finds what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.public_face import face_problems

GOOD = '<main><h1>How many?</h1><h2 id="a">Groups</h2><p>Text</p></main>'
MAP = '<svg class="map" viewBox="0 0 9 9" role="img"><text x="1">7 ▲</text></svg>'


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (GOOD.replace("<p>Text</p>", ""), "nothing follows Groups"),
        (GOOD.replace("Text", "That is 1.0 times the rate."), "says «1.0 times»"),
        (GOOD.replace("How many?</h1>", "How many?</h1><h1>More</h1>"), "2 first headings"),
        (GOOD.replace("Text", MAP.replace(" ▲", "")), "the label 7 of a map has no sign"),
        (
            GOOD.replace(
                "<p>Text</p>", '<div data-answer="m"><p>Epidemiological stratification demonstrates associations.</p></div>'
            ),
            "grade",
        ),
    ],
)
def test_each_fault_of_a_page_is_found(tmp_path: Path, broken: str, said: str) -> None:
    page = tmp_path / "measures" / "m.html"
    page.parent.mkdir()
    page.write_text(GOOD.replace("Text", MAP + " 11.0 times"), encoding="utf-8")
    assert list(face_problems(page, "en")) == []
    page.write_text(broken, encoding="utf-8")
    assert any(said in problem for problem in face_problems(page, "en"))
