"""Every number of the public file is an equation of the attack, or the file must not contain it.

Here: shares of counts that no other figure shows, such as the known share of a median, and one wrong figure per published column.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from expectations.disclosure.audit import run_audit
from expectations.disclosure.classification import classification
from expectations.disclosure.equations.attacker_model import AttackerModel, build_attacker_model
from expectations.disclosure.forbidden_disclosures import forbidden_disclosures
from expectations.disclosure.inputs.audit_inputs import FIGURES, CellKey, MedianRecords, Row
from expectations.disclosure.intervals.linear_system import TOLERANCE
from orchestration.settings import DBT_PROJECT
from tests.unit.expectations.disclosure.world import CITY, leaking, measure, publish, published_rows, slice_rows, where

STAFF = measure("composition", "staff", numerator="positions", denominator="positions")
PAY = measure("median", "pay", records="positions_with_pay", unit="usd", denominator=None)
AMONG = (("positions_with_pay", "positions"),)
# 1,453 of 1,500 have a known race. 45 declined, and 2 more than those are unknown.
POSITIONS = {"white": (900, 0), "black": (553, 0), "declined": (45, 0), "observer_unknown": (2, 0)}


def _medians(known_share: float | None) -> list[Row]:
    figures = {"value": 71296.74} | ({} if known_share is None else {"known_race_pct": known_share})
    words = {"value_status": "computed"}
    return [Row(PAY, where(race), "individual", CITY, "published", figures, words) for race in ("all", "white")]


def _records(with_pay: float, of_known_race: float) -> MedianRecords:
    paid = {"all": with_pay, "white": 900.0}
    return MedianRecords({(PAY, where(race)): n for race, n in paid.items()}, {("positions_with_pay", where()): of_known_race})


def _staff(hidden: Iterable[CellKey]) -> tuple[list[Row], tuple[Row, ...]]:
    truth = slice_rows(STAFF, where(), POSITIONS)
    return truth, publish(truth, hidden, unknown_hidden=[where()])


HIDDEN = [where("observer_unknown"), where("white")]


def test_the_known_share_of_a_median_leaks_the_hidden_rest() -> None:
    """96.86666 % of 1,500: 47 are unknown, 45 of them are shown, so that 2 are hidden."""
    truth, published = _staff(HIDDEN)
    records = _records(1500, 1453)
    out = published_rows([*published, *_medians(100 * 1453 / 1500)], subsets=AMONG)
    result = run_audit(build_attacker_model(out, truth, medians=records))
    assert ("positions", where("observer_unknown")) in leaking(result)
    assert {(round(leak.low), round(leak.high)) for leak in result.leaks if leak.where.race == "observer_unknown"} == {(2, 2)}


def test_a_median_without_its_known_share_leaks_nothing() -> None:
    truth, published = _staff(HIDDEN)
    model = build_attacker_model(
        published_rows([*published, *_medians(None)], subsets=AMONG), truth, medians=_records(1500, 1453)
    )
    assert not leaking(run_audit(model))
    assert not model.unexplained


def test_the_known_share_of_records_that_no_row_counts_is_a_fraction() -> None:
    """With 12 positions without pay, no row shows how many have it; 1,441 of 1,488 is still both counts in lowest terms."""
    truth, published = _staff(HIDDEN)
    out = published_rows([*published, *_medians(100 * 1441 / 1488)], subsets=AMONG)
    result = run_audit(build_attacker_model(out, truth, medians=_records(1488, 1441)))
    assert [family for family, *_ in result.fractions] == ["known shares"]


def test_a_share_without_counts_is_refused() -> None:
    truth, published = _staff(HIDDEN)
    model = build_attacker_model(published_rows([*published, *_medians(96.9)], subsets=AMONG), truth)
    assert [row.measure for row in model.unexplained] == [PAY, PAY]


@pytest.mark.parametrize("share", ["geocoded_pct", "place_coverage_pct"])
def test_shares_of_places_of_persons_are_refused(share: str) -> None:
    truth, published = _staff(HIDDEN)
    with_share = [row._replace(figures={**row.figures, share: 97.0}) if row.where == where() else row for row in published]
    assert [row.where for row in build_attacker_model(published_rows(with_share), truth).unexplained] == [where()]


# Every number of a row. Intervals are no linear function of counts, and are shown with them only.
SEARCHED = measure("proportion")
COUNTS = {"black": (40, 200), "white": (60, 500), "hispanic": (25, 130), "declined": (15, 70)}
INTERVALS = {
    "ci_low", "ci_high", "rate_ratio_ci_low", "rate_ratio_ci_high", "rate_difference_ci_low", "rate_difference_ci_high",
}  # fmt: skip
PUBLIC = {"measure_version", "confidence"}
# They are made of rows that are shown, or are empty for figures of persons; the gate refuses them on hidden rows.
GUARDED = {column for column, (kind, _) in classification()["equity_measures"].items() if kind == "guarded"}


def _numbers(table: str) -> list[str]:
    """The numeric columns of a published table, as dbt's contract promises them."""
    file = DBT_PROJECT / "models" / "published" / "tables" / "_published__models.yml"
    models = {model["name"]: model for model in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]}
    return [column["name"] for column in models[table]["columns"] if column.get("data_type") in ("double", "integer", "bigint")]


def _truth() -> list[Row]:
    rows = slice_rows(SEARCHED, where(), COUNTS, reference="white")
    full = []
    for row in rows:
        figures = dict(row.figures) | {"period_coverage_pct": 100.0}
        if "rate_ratio" in figures:
            low, high = figures["bound_low"], figures["bound_high"]
            other = next(one.figures for one in rows if one.where.race == "white")
            figures |= {"rate_ratio_bound_low": low / other["bound_high"], "rate_ratio_bound_high": high / other["bound_low"]}
        full.append(row._replace(figures=figures))
    return full


def _model(rows: Iterable[Row], truth: Iterable[Row]) -> AttackerModel:
    return build_attacker_model(published_rows(rows), truth)


def test_every_number_of_a_row_is_one_that_the_attack_reads() -> None:
    assert set(_numbers("equity_measures")) - PUBLIC - GUARDED == set(FIGURES)
    truth = _truth()
    assert not _model(publish(truth), truth).contradictions


@pytest.mark.parametrize("column", sorted(set(_numbers("equity_measures")) - PUBLIC - GUARDED - INTERVALS))
def test_a_wrong_number_is_noticed(column: str) -> None:
    """An equation, or a refusal, contains the number: otherwise a reader could use it and the attack could not."""
    truth = _truth()
    black = where("black")
    published = [
        row._replace(figures={**row.figures, column: row.figures.get(column, 50.0) * 1.1}) if row.where == black else row
        for row in publish(truth)
    ]
    model = _model(published, truth)
    assert model.contradictions or model.unexplained or list(forbidden_disclosures(published_rows(published)))


@pytest.mark.parametrize("column", sorted(set(_numbers("equity_measures")) - PUBLIC))
def test_a_number_of_a_hidden_row_is_refused(column: str) -> None:
    truth = _truth()
    published = [
        row._replace(figures={column: 50.0}) if row.where == where("black") else row for row in publish(truth, [where("black")])
    ]
    assert any(found.where == where("black") for found in forbidden_disclosures(published_rows(published)))


def test_the_worked_share_is_the_one_of_the_counts() -> None:
    assert abs(100 * 1453 / 1500 - 96.86666) < 1e-4 + TOLERANCE
