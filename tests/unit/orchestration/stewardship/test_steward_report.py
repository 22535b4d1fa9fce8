"""The steward's page escapes all delivered text, loads nothing, and lists what to do."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from expectations.delivery.column_differences import ColumnDifference
from expectations.results import ExpectationResult, GateResult
from ingest.contract.registry import load_registry
from ingest.delivery import DeliveryRecord, FileRecord
from orchestration.stewardship.check_delivery import DeliveryCheck, report_page, write_report

EVIL = '<script src="//evil.example/x.js">alert(1)</script><img src=x onerror=alert(2)>"\'&'


class Page(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def checked() -> DeliveryCheck:
    contract = load_registry()["ucc__service_requests"]
    findings = (
        ExpectationResult("columns_unknown", None, "warning", False, 1, 0, EVIL),
        ExpectationResult("columns_missing", "request_type", "critical", False, 1, 0, "column TITLE is missing"),
        ExpectationResult("rows", None, "critical", True, 1234567, 1, "unsaid"),
    )
    file = FileRecord(name=EVIL, sha256=None, rows=1234567, header=(EVIL,))
    delivered_at = dt.datetime(2025, 12, 1)
    delivery = DeliveryRecord(
        source=contract.source, load_id="l", sequence=1, delivered_at=delivered_at, rows=1234567, files=(file,)
    )
    columns = (ColumnDifference("TITLE", "request_type", None, "missing", EVIL, 66), ColumnDifference(None, None, EVIL, "not in"))
    return DeliveryCheck(
        contract, GateResult("delivery", contract.source, findings), delivery, columns, ("a", EVIL), ((EVIL, "1"),)
    )


def test_delivered_text_is_escaped(checked: DeliveryCheck) -> None:
    page = Page(report_page(checked))
    assert not {"script", "img", "link", "iframe", "object", "form", "a"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on")} | ({"src", "href"} & page.attributes)
    assert page.text.count(EVIL) == 8


def test_the_page_loads_nothing(checked: DeliveryCheck) -> None:
    text = report_page(checked)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert not re.findall(r"\b(?:https?:)?//(?!evil)", text)


def test_critical_findings_are_listed_first(checked: DeliveryCheck) -> None:
    text = Page(report_page(checked)).text
    assert text.index("column TITLE is missing") < text.index("alert(1)")
    assert "does not fit its contract" in text
    assert "unsaid" not in text
    assert "1,234,567" in text


def test_a_failing_column_is_in_view(checked: DeliveryCheck) -> None:
    """It is first in the tables, under its delivered name."""
    finding = ExpectationResult("required_pct", "request_type", "critical", False, 2.5, 1, "m", 12, 480, "f.csv, record 7")
    gate = GateResult("delivery", checked.contract.source, (finding,))
    named = (("OBJECTDESC", "address"), ("TITLE", "request_type"))
    agreed = tuple(ColumnDifference(name, column, name, "as agreed") for name, column in named)
    page = report_page(
        DeliveryCheck(checked.contract, gate, checked.delivery, agreed, tuple(column for _, column in named), (("1", "2"),))
    )
    text = Page(page).text
    assert "12 of 480 rows (2.5 %)" in text
    assert "at most 1 %" in text
    assert "first in f.csv, record 7" in text
    for part in (page[page.index("Columns: expected") :], page[page.index("First records") :]):
        assert part.index("TITLE") < part.index("OBJECTDESC")


def test_the_page_of_a_delivery_that_cannot_be_read(checked: DeliveryCheck, tmp_path: Path) -> None:
    """The page lists only the expected columns."""
    unread = ExpectationResult("readable", None, "critical", False, None, None, "a.csv: the file is empty; deliver it again")
    write_report(DeliveryCheck(checked.contract, GateResult("delivery", "x", (unread,))), tmp_path / "page.html")
    text = Page((tmp_path / "page.html").read_text(encoding="utf-8")).text
    assert "the file is empty; deliver it again" in text
    assert "TITLE: text, required" in text


def test_the_page_of_a_good_delivery(checked: DeliveryCheck) -> None:
    good = GateResult("delivery", "x", (ExpectationResult("rows", None, "critical", True, 5, 1, ""),))
    text = Page(report_page(DeliveryCheck(checked.contract, good, checked.delivery))).text
    assert "The delivery fits its contract." in text
    assert "Problems" not in text
