"""A language that is written from right to left: its pages pass the gate, figures keep their order, its report needs its font."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from expectations.published.pages import gate_pages
from orchestration.scorecard import ScorecardError, write_site
from tests.support.scorecard_release import planted, write_public_file

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
FONT = "DejaVu Sans"  # has letters of Arabic; matplotlib, which the tests need anyway, brings it
LEFT_TO_RIGHT, END = "\u2066", "\u2069"


def arabic(text: str) -> str:
    """The text in letters of Arabic, which mean nothing; words in braces stay."""
    parts = re.split(r"(\{\w+\})", text)
    return "".join(part if part.startswith("{") else re.sub("[a-z]", _letter, part, flags=re.IGNORECASE) for part in parts)


def _letter(found: re.Match[str]) -> str:
    return LETTERS[ord(found[0].lower()) - ord("a")]


@pytest.fixture
def public_file(tmp_path: Path) -> Path:
    tables = planted()
    tables["languages"] = [
        {"language_code": "en", "label": "English", "own_name": "English", "tag": "en", "direction": "ltr", "sort_order": 10},
        {"language_code": "ar", "label": "Arabic", "own_name": "العربية", "tag": "ar", "direction": "rtl", "sort_order": 80,
         "font": FONT},
    ]  # fmt: skip
    path = write_public_file(tmp_path / "public.duckdb", tables)
    with duckdb.connect(str(path)) as con:
        con.create_function("arabic", arabic, [str], str)
        con.execute("""
            delete from published.texts where language <> 'en';
            insert into published.texts
            select * replace ('ar' as language, arabic(text) as text, 'machine' as review_status) from published.texts
            where text_id <> 'page.own_name'
        """)
    return path


def use_fonts(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let the fonts of this account be those of `home`."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def test_its_pages_are_from_right_to_left_and_pass_the_gate(
    public_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib  # noqa: PLC0415 - for its fonts

    (tmp_path / ".fonts").mkdir()
    shutil.copy(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", tmp_path / ".fonts")
    use_fonts(monkeypatch, tmp_path)
    site = write_site(public_file, tmp_path / "site").index.parent

    assert [finding.message for finding in gate_pages(public_file, site).findings if not finding.success] == []
    page = (site / "ar" / "measures" / "own.html").read_text(encoding="utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    assert f"{LEFT_TO_RIGHT}20.5{END}%" in page  # the figure of a sentence
    assert "<b>العربية</b>" in (site / "index.html").read_text(encoding="utf-8")
    english = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert '<html lang="en" dir="ltr">' in english
    assert LEFT_TO_RIGHT not in english

    pdf = PdfReader(site / "ar" / "report.pdf")
    fonts = {str(font.get_object()["/BaseFont"]) for page in pdf.pages for font in page["/Resources"]["/Font"].values()}
    assert any("DejaVuSans" in font for font in fonts)
    assert "□" not in " ".join(page.extract_text() for page in pdf.pages)


def test_a_font_that_is_not_installed_is_named(public_file: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(public_file)) as con:
        con.execute("update published.languages set font = 'No Such Font' where language_code = 'ar'")
    with pytest.raises(
        ScorecardError, match=r"ar/report.pdf .* the font No Such Font of ar is not installed; install it .* name another"
    ):
        write_site(public_file, tmp_path / "site")
