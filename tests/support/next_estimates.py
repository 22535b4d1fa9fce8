"""Next releases of tables of other publishers in the sample city, and the figures that are expected after them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARRESTS, WORK, INCOME = "urban__juvenile_arrests", "urban__employment", "urban__household_income"
GONE = ("2021", "Hispanic")  # the group that the next release of arrests does not list in a year
NEXT_WINDOW = "2024"


@dataclass(frozen=True)
class NextReleases:
    """Figures that the next release of arrests revises, withdraws and adds."""

    revised: int
    withdrawn: int
    added: int


def deliver_next_releases(deliveries: Path) -> NextReleases:
    """Write files next to those of the earlier releases; names that sort first show that names decide nothing.

    Arrests: another label of a group, every rate revised, a group withdrawn in a year, a year added. Employment and income: a
    window that overlaps with the earlier ones.
    """
    for source in (WORK, INCOME):
        header, rows = _read(deliveries / source)
        latest = max(row[0] for row in rows)
        _write(deliveries / source / "a_next.csv", header, [[NEXT_WINDOW, *row[1:]] for row in rows if row[0] == latest])
    header, rows = _read(deliveries / ARRESTS)
    groups = [[*row[:4], row[4].replace("White, Non-Hispanic", "White"), *row[5:]] for row in rows]
    remaining = [row for row in groups if (row[0], row[4]) != GONE]
    revised = [[*row[:5], f"{1.05 * float(row[5]):.6f}", row[6]] for row in remaining]
    added = [["2023", *row[1:]] for row in revised if row[0] == "2022"]
    _write(deliveries / ARRESTS / "a_next.csv", header, [*revised, *added])
    return NextReleases(
        revised=sum(float(row[5]) > 0 for row in remaining),
        withdrawn=sum(float(row[5]) > 0 and (row[0], row[4]) == GONE for row in groups),
        added=sum(float(row[5]) > 0 for row in added),
    )


def check_figures(ask: Any, differences: dict[str, Any], text: str, expected: NextReleases) -> None:
    """Check facts, measures and `releases diff` after the next releases."""
    arrests = {source["source"]: source for source in differences["publishers"]}[ARRESTS]
    counts = {name: arrests[name] for name in ("revised", "withdrawn", "added", "removed")}
    assert counts == {
        "revised": expected.revised,
        "withdrawn": expected.withdrawn,
        "added": expected.added,
        "removed": 0,
    }
    assert (arrests["new_periods"], arrests["withdrawn_groups"]) == (["2023-12-31"], ["hispanic 2021-12-31"])
    assert arrests["top"] and all(change["before"] and change["after"] for change in arrests["top"])
    line = next(line for line in text.splitlines() if line.startswith(f"{ARRESTS}  "))
    assert "hispanic 2021-12-31" in line and "2023-12-31" in line and f" {expected.revised} " in line

    measure = {one["measure_id"]: one for one in differences["measures"]}["juvenile_arrests_per_100000"]
    assert (measure["withdrawn"], measure["new_periods"]) == (1, ["year 2023-01-01"])
    assert measure["revised"] > 0 and [cause["name"] for cause in measure["explained_by"] if cause["kind"] == "load"] == [ARRESTS]

    # neither zero nor the earlier release's value, in the facts and in both published tables
    where = "race_ethnicity_code = 'hispanic' and year(period_end) = 2021 and value is not null"
    assert ask(f"from marts.fct_published_estimates where source = '{ARRESTS}' and {where}") == []
    assert ask(f"from marts.fct_equity_measures where measure_id = 'juvenile_arrests_per_100000' and {where}") == []
    (own,) = ask(
        "select value_status, value, numerator from marts.fct_equity_measures where measure_id = 'juvenile_arrests_per_100000' "
        "and race_ethnicity_code = 'hispanic' and year(period_end) = 2021"
    )
    assert own == {"value_status": "suppressed_at_source", "value": None, "numerator": None}
    # a renamed group is one figure
    renamed = f"from marts.fct_published_estimates where source = '{ARRESTS}' and race_ethnicity_code = 'white'"
    assert ask(f"select geoid, period_end {renamed} group by all having count(*) > 1") == []
    assert ask(f"select distinct race_ethnicity_reported as label {renamed}") == [{"label": "White"}]

    # windows that overlap are no two points of a trend, and incomes of different windows none
    for measure_id, years in (("employment_25_54_share", [2018, 2024]), ("median_household_income", [2024])):
        found = ask(
            "select list(distinct year(period_end) order by year(period_end)) as years from marts.fct_equity_measures "
            f"where measure_id = '{measure_id}' and value is not null"
        )
        assert found == [{"years": years}], measure_id
    windows = ask(
        f"select distinct year(period_end) as year from marts.fct_published_estimates where source = '{WORK}' order by 1"
    )
    assert [row["year"] for row in windows] == [2018, 2021, 2023, 2024]


def _read(folder: Path) -> tuple[list[str], list[list[str]]]:
    (file,) = folder.glob("*.csv")
    with file.open(encoding="utf-8", newline="") as text:
        header, *rows = csv.reader(text)
    return header, rows


def _write(file: Path, header: list[str], rows: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([header, *rows])
