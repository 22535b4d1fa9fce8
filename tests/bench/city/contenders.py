"""The commands that the benchmark runs, each as a whole process in the same folder, and the figures that they print.

This module prepares the home of each command and compares its figures with the release. See `process` for the cost of a run.

A nightly run, and one with nothing new, start from a copy of the home of a full run, under the path of that run: dbt parses the
whole project again in a home that moved.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.city.folders import Bench
from tests.bench.city.making import size
from tests.bench.city.process import Cost, measured
from tests.bench.limit.pasted import MODELS
from warehouse.connection import open_from_disk
from warehouse.paths import Home

ROOT = Path(__file__).resolve().parents[3]
LEVELGROUND = str(Path(sys.executable).parent / "levelground")
FULL, NIGHTLY, NOTHING, LIMIT, NOTEBOOK, STOCK = "full", "nightly", "nothing", "limit", "notebook", "stock"
RELEASED, UNCHANGED = "released", "unchanged"
GOOD = (0, 4)  # 4: a source without a new delivery is stale meanwhile


# Counts and sums of the whole city, over all years.
FIGURES = """
with
years as (
    select measure_id, race_ethnicity_code, sum(numerator) as numerator
    from release.marts.fct_equity_measures
    where period_type = 'year' and geography_type = 'city' and method = 'individual' and stratum_type = 'all'
    group by all
)

select 'requests' as name, cast(count(*) as double) as figure from release.marts.fct_service_requests
union all
select 'calls', count(*) from release.marts.fct_police_calls
union all
select 'stops', count(*) from release.marts.fct_police_stops
union all
select 'requests_closed_in_time', numerator from years
where (measure_id, race_ethnicity_code) = ('requests_closed_by_second_day', 'all')
union all
select 'stops_of_black_people', numerator from years where (measure_id, race_ethnicity_code) = ('stops_by_race', 'black')
union all
select 'searches_of_black_people', numerator from years
where (measure_id, race_ethnicity_code) = ('stops_searched_share', 'black')
union all
select 'payments_usd', numerator from years where measure_id = 'payments'
"""


class NotEqual(Exception):
    """The figures of a contender differ from the release, so its seconds mean nothing."""


@dataclass(frozen=True)
class Run:
    """One run of one contender: its cost, seconds by stage, and the bytes that it read."""

    contender: str
    rows: int
    round: int
    cost: Cost
    seconds: Mapping[str, float]
    input_bytes: int


def run(bench: Bench, contender: str, rows: int, number: int) -> Run:
    """Run a contender once on a city. Raise `NotEqual` if its figures differ from the release."""
    if contender != FULL and not bench.kept(rows).is_dir():
        _full(bench, rows, bench.folder / "first.log")  # the others start from its home; its figures do not count
    log = bench.folder / "logs" / f"{contender}-{rows}-{number}.log"
    log.parent.mkdir(exist_ok=True)
    cost, seconds = CONTENDERS[contender](bench, rows, log)
    folder = bench.night(rows) if contender == NIGHTLY else bench.city(rows)
    return Run(contender, rows, number, cost, seconds, size(folder))


def _full(bench: Bench, rows: int, log: Path) -> tuple[Cost, dict[str, float]]:
    shutil.rmtree(bench.home, ignore_errors=True)
    cost, seconds = _levelground(bench, log, bench.city(rows), (), RELEASED)
    bench.keep_home(rows)
    return cost, seconds


def _nightly(bench: Bench, rows: int, log: Path) -> tuple[Cost, dict[str, float]]:
    bench.copy_home(rows)
    return _levelground(bench, log, bench.night(rows), ("--as-of", bench.nightlies[rows].as_of), RELEASED)


def _nothing(bench: Bench, rows: int, log: Path) -> tuple[Cost, dict[str, float]]:
    bench.copy_home(rows)
    return _levelground(bench, log, bench.city(rows), (), UNCHANGED)


def _limit(bench: Bench, rows: int, log: Path) -> tuple[Cost, dict[str, float]]:
    pasted, out = bench.pasted(rows), bench.folder / "limit"
    if not (pasted / MODELS).is_file():
        bench.copy_home(rows)
        paste = [sys.executable, "-m", "tests.bench.limit.pasted", str(bench.home), str(pasted)]
        measured(paste, environment=bench.environment(), log=log, cwd=ROOT)
    command = [sys.executable, "-m", "tests.bench.limit.script", str(pasted), str(bench.city(rows)), str(out)]
    cost = measured(command, environment=bench.environment(), log=log, cwd=ROOT)
    shutil.rmtree(out)
    report = json.loads(cost.stdout)
    if report["content_hash"] != bench.content_hash(rows):
        raise NotEqual(f"the limit has {report['content_hash']} of {rows} rows, the release {bench.content_hash(rows)}")
    return cost, report["seconds"]


def _notebook(bench: Bench, rows: int, log: Path) -> tuple[Cost, dict[str, float]]:
    return _others(bench, rows, log, "tests.bench.notebook")


def _stock(bench: Bench, rows: int, log: Path) -> tuple[Cost, dict[str, float]]:
    return _others(bench, rows, log, "tests.bench.stock.pipeline")


def _others(bench: Bench, rows: int, log: Path, module: str) -> tuple[Cost, dict[str, float]]:
    out = bench.folder / "others"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", module, str(bench.city(rows)), str(out)]
    cost = measured(command, environment=bench.environment(), log=log, cwd=ROOT)
    shutil.rmtree(out)
    report = json.loads(cost.stdout)
    found, expected = report["figures"], figures(Home(bench.kept(rows)))
    wrong = [f"{name} {found.get(name)}, not {value}" for name, value in expected.items() if not _same(found.get(name), value)]
    if wrong:
        raise NotEqual(f"{module} computes from {rows} rows: {'; '.join(wrong)}")
    return cost, report["seconds"]


def _same(found: float | None, value: float) -> bool:
    return found is not None and math.isclose(found, value, rel_tol=1e-9)


def figures(home: Home) -> dict[str, float]:
    """The figures of a release that the other contenders must equal."""
    with open_from_disk(home.published_analyst, "release") as con:
        return dict(con.execute(FIGURES).fetchall())


def _levelground(bench: Bench, log: Path, deliveries: Path, more: Iterable[str], outcome: str) -> tuple[Cost, dict[str, float]]:
    command = [LEVELGROUND, "run", "--deliveries", str(deliveries), "--json", *more]
    cost = measured(command, environment=bench.environment(), log=log, cwd=ROOT, good=GOOD)
    report: dict[str, Any] = json.loads(cost.stdout)
    held_back = [source["source"] for source in report["sources"] if source["verdict"] == "held_back"]
    if report["outcome"] != outcome or held_back:
        raise NotEqual(f"the run ended as {report['outcome']}, not {outcome}; held back: {', '.join(held_back) or 'none'}; {log}")
    return cost, report["seconds"]


CONTENDERS: Mapping[str, Callable[[Bench, int, Path], tuple[Cost, dict[str, float]]]] = {
    FULL: _full,
    NIGHTLY: _nightly,
    NOTHING: _nothing,
    LIMIT: _limit,
    NOTEBOOK: _notebook,
    STOCK: _stock,
}
