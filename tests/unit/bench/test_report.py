"""What a benchmark found, as a person sees it and as a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from tests.bench.city import report
from tests.bench.city.figures import lines, ratios, summarise
from tests.unit.bench.test_figures import a_run

RUNS = [a_run(contender, rows, wall, build=wall / 2) for contender, rows, wall in (
    ("full", 1_000_000, 80.0), ("limit", 1_000_000, 20.0), ("full", 10_000_000, 116.0), ("limit", 10_000_000, 38.0),
)]  # fmt: skip


def test_tables_show_costs_lines_and_stages() -> None:
    summaries = summarise(RUNS)
    console = Console(width=130, record=True, file=io.StringIO())
    report.show(console, summaries, lines(summaries))
    text = " ".join(console.export_text().split())
    assert "full 10,000,000 1 116.0 232.0 86,207 1,000 2.00 3.05" in text
    # fixed seconds, µs per row, times the limit's; processors work twice as long, in these runs
    assert "full 76.0 4.00 2.00" in text
    assert "full 152.0 8.00 2.00" in text
    assert "build 40.00 58.00" in text
    assert "before, between and after 40.00 58.00" in text


def test_the_file_holds_summaries_lines_ratios_and_every_run(tmp_path: Path) -> None:
    summaries = summarise(RUNS)
    fitted = lines(summaries)
    report.write(tmp_path, RUNS, summaries, fitted, {"ratios": ratios(summaries, fitted)})
    document = json.loads((tmp_path / report.RESULT).read_text())
    assert document["ratios"]["full/limit per row"] == 2.0
    assert document["lines"]["limit"] == {"fixed": 18.0, "per_row": 2e-06, "exponent": None}
    assert document["lines_cpu"]["limit"]["per_row"] == 4e-06
    assert [run["cost"]["wall"] for run in document["runs"]] == [80.0, 20.0, 116.0, 38.0]
    assert (tmp_path / report.PLOT).stat().st_size > 10_000
