"""The suppressor and the audit on random cities: two programs that share no code must agree that no person is identified."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Sequence
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.disclosure.audit import run_audit
from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, CellKey, MedianRecords, Row
from tests.support.fuzzing import number_of_examples
from tests.unit.expectations.disclosure.world import (
    CITY,
    KINDS,
    KNOWN,
    attack,
    district,
    measure,
    month,
    publish,
    quarter,
    slice_rows,
    snapshot,
    where,
)
from tests.unit.expectations.disclosure.world import published_rows as known_by_readers
from warehouse.disclosure.build_constraints import PublicReference, build_constraints
from warehouse.disclosure.complementary_suppression import EarlierReleases, find_pattern
from warehouse.disclosure.counts import Cell
from warehouse.disclosure.snapshot_suppression import find_pattern_over_snapshots
from warehouse.disclosure.states.planned_figures import Figure, RowKey
from warehouse.disclosure.suppress import shows_known_share
from warehouse.disclosure.suppression_units import suppression_units

RACES = ("black", "white", "hispanic", "declined")
STOPS = measure("composition", "stops")
SEARCHED = measure("proportion", "searched", denominator="stops.numerator")
ANSWERED = measure("proportion", "answered", denominator="answered.denominator")
STAFF = measure("composition", "staff")
LEAD = measure("proportion", "lead")
REMOVALS = measure("rate", "removals", denominator="students", threshold=20, hides_zeros=True)
AMONG = {"answered.denominator": "stops.numerator"}


def figures_of(rows: Sequence[Row]) -> list[Figure]:
    """The rows as the suppressor reads them."""
    known_race: dict[tuple[str, Cell], list[tuple[float, float]]] = {}
    for row in rows:
        if KINDS[row.where.race] in KNOWN and row.figures:
            slim = (row.measure.measure_id, Cell(*row.where)._replace(race="all"))
            known_race.setdefault(slim, []).append((row.figures["numerator"], row.figures["denominator"]))
    figures = []
    for row in rows:
        of, at = row.measure, Cell(*row.where)
        among = known_race.get((of.measure_id, at._replace(race="all")), [])
        of_known = [math.fsum(pair[0] for pair in among), math.fsum(pair[of.kind != "composition"] for pair in among)]
        key = RowKey(of.measure_id, 1, at, row.method)
        records = (of.numerator, of.denominator, None)
        own = (row.figures.get("numerator"), row.figures.get("denominator"), of.threshold, of.hides_zeros, of.kind)
        figures.append(Figure(key, row.words["value_status"], *own, *records, *of_known))
    return figures


_COMPARED = {"reference_value", "rate_ratio", "rate_difference"}


def as_published(row: Row, unknown_hidden: set[CellKey]) -> Row:
    """Where the known share is hidden, as the published models have it: not whether a group is reliable, nor everyone else."""
    if row.where._replace(race="all") not in unknown_hidden or KINDS[row.where.race] not in KNOWN:
        return row
    hidden_figures = _COMPARED if row.words.get("reference_code") == "rest" else set()
    return row._replace(
        figures={name: figure for name, figure in row.figures.items() if name not in hidden_figures},
        words={name: word for name, word in row.words.items() if name != "reliability"},
    )


@settings(deadline=None, max_examples=number_of_examples(60))
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1), st.floats(0, 1)), min_size=4, max_size=4), min_size=3, max_size=3
    ),
    st.booleans(),
    st.sampled_from([None, "rest", "white"]),
)
def test_no_small_count_of_a_random_city_can_be_computed(
    table: list[list[tuple[int, float, float]]], by_district: bool, reference: str | None
) -> None:
    parts, whole = [], {race: [0, 0, 0, 0] for race in RACES}
    for number, line in enumerate(table, 1):
        cells = {}
        for race, (stops, searched, answered) in zip(RACES, line, strict=True):
            with_answer = round(stops * answered)
            cells[race] = (stops, round(stops * searched), with_answer, round(with_answer * searched))
            whole[race] = [a + b for a, b in zip(whole[race], cells[race], strict=True)]
        parts.append((district(number) if by_district else month(number), cells))
    parts.append((where() if by_district else quarter(1), {race: tuple(cells) for race, cells in whole.items()}))
    truth: list[Row] = []
    for at, cells in parts:
        truth += slice_rows(STOPS, at, {race: (cell[0], 0) for race, cell in cells.items()})
        truth += slice_rows(SEARCHED, at, {race: (cell[1], cell[0]) for race, cell in cells.items()}, reference=reference)
        truth += slice_rows(ANSWERED, at, {race: (cell[3], cell[2]) for race, cell in cells.items()})
    figures = figures_of(truth)
    counts = build_constraints(figures, PublicReference(KINDS, AMONG))
    chosen = find_pattern(counts, suppression_units(figures, counts), [min(1.0, value) for value in counts.value])
    assert not chosen.unsafe
    published: list[Row] = []
    for of in (STOPS, SEARCHED, ANSWERED):
        hidden = {row.where for row in truth if RowKey(of.measure_id, 1, Cell(*row.where), row.method) in chosen.rows}
        unknown = {row.where for row in truth if RowKey(of.measure_id, 1, Cell(*row.where), row.method) in chosen.unknown}
        unknown |= {at for at in hidden if at.race == "all"}
        rows = [row for row in truth if row.measure == of]
        published += publish(rows, hidden, unknown_hidden=unknown, also=partial(as_published, unknown_hidden=unknown))
    result = attack(published, truth, subsets=AMONG.items())
    assert not result.leaks, result.leaks
    assert not result.fractions


@settings(deadline=None, max_examples=number_of_examples(20))
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 150)), min_size=4, max_size=4), min_size=3, max_size=3),
    st.sampled_from([None, "rest", "white"]),
)
def test_no_small_count_of_protected_aggregates_can_be_computed(
    table: list[list[tuple[int, int]]], reference: str | None
) -> None:
    """Removals per delivered student, fewer than 20 and none hidden, and a group for which no form asks."""
    whole = {race: tuple(map(sum, zip(*(line[place] for line in table), strict=True))) for place, race in enumerate(RACES)}
    cities = [(district(number), dict(zip(RACES, line, strict=True))) for number, line in enumerate(table, 1)]
    truth = [row for at, cells in [*cities, (where(), whole)] for row in slice_rows(REMOVALS, at, cells, reference=reference)]
    truth += [
        Row(REMOVALS, at._replace(race="aian"), "aggregate", CITY, None, {}, {"value_status": "not_collected"})
        for at, _ in [*cities, (where(), whole)]
    ]
    figures = figures_of(truth)
    counts = build_constraints(figures, PublicReference(KINDS))
    chosen = find_pattern(counts, suppression_units(figures, counts), [0.0] * len(counts))
    assert not chosen.unsafe
    assert "aian" not in {key.at.race for key in chosen.rows}
    result = attack(_out(truth, set(chosen.rows), set(chosen.unknown)), truth)
    assert not result.leaks, result.leaks
    assert not result.fractions


@settings(deadline=None, max_examples=number_of_examples(40))
@given(st.lists(st.integers(0, 60), min_size=4, max_size=4), st.booleans())
def test_the_known_share_of_a_median_pins_no_suppressed_count(numbers: list[int], of_the_same_persons: bool) -> None:
    """A median over all positions, or over those with pay, which no row counts; its known share as the suppressor allows."""
    positions = dict(zip(RACES, numbers, strict=True))
    truth = slice_rows(STAFF, where(), {race: (number, 0) for race, number in positions.items()})
    figures = figures_of(truth)
    records = STAFF.numerator if of_the_same_persons else "staff_with_pay"
    counts = build_constraints(figures, PublicReference(KINDS, {"staff_with_pay": STAFF.numerator}))
    chosen = find_pattern(counts, suppression_units(figures, counts), [min(1.0, value) for value in counts.value])
    published = _out(truth, set(chosen.rows), set(chosen.unknown))
    pay = measure("median", "pay", records=records, denominator=None, unit="usd")
    total, of_known_race = sum(numbers), sum(number for race, number in positions.items() if KINDS[race] in KNOWN)
    median = {"value": 5e4}
    if shows_known_share(pay.records, Cell(*where()), counts, chosen) and total:
        median["known_race_pct"] = 100 * of_known_race / total
    of_medians = [Row(pay, where(race), "individual", CITY, "published", median, {}) for race in ("all", "white")]
    medians = MedianRecords(
        {(pay, where()): float(total), (pay, where("white")): float(positions["white"])}, {(records, where()): of_known_race}
    )
    out = known_by_readers([*published, *of_medians], subsets=[("staff_with_pay", STAFF.numerator)])
    model = build_attacker_model(out, truth, medians=medians)
    result = run_audit(model)
    assert not result.leaks, result.leaks
    assert not result.fractions
    assert not model.unexplained


def _key(row: Row) -> RowKey:
    return RowKey(row.measure.measure_id, 1, Cell(*row.where), row.method)


def _out(rows: Sequence[Row], hidden: set[RowKey], unknown: set[RowKey]) -> list[Row]:
    """The rows as they are published where rows, and known shares of slices, are hidden."""
    hidden_cells = {row.where for row in rows if _key(row) in hidden}
    hidden_shares = {row.where for row in rows if _key(row) in unknown} | {at for at in hidden_cells if at.race == "all"}
    return list(
        publish(rows, hidden_cells, unknown_hidden=hidden_shares, also=partial(as_published, unknown_hidden=hidden_shares))
    )


@settings(deadline=None, max_examples=number_of_examples(60))
@given(
    st.lists(st.integers(0, 60), min_size=4, max_size=4),
    st.lists(st.lists(st.integers(-14, 14), min_size=4, max_size=4), min_size=1, max_size=3),
)
def test_no_snapshot_of_a_random_stock_reveals_an_earlier_one(first: list[int], moves: list[list[int]]) -> None:
    """Each snapshot is released in addition to earlier ones, whose pattern stays; readers keep all files."""
    stocks = frozenset({"staff.numerator"})
    counts_of, truth, ledger, before = [first], [], [], EarlierReleases()
    for move in moves:
        counts_of.append([max(0, number + by) for number, by in zip(counts_of[-1], move, strict=True)])
    for quarter_of_year, numbers in enumerate(counts_of, 1):
        cells = {race: (number, 0) for race, number in zip(RACES, numbers, strict=True)}
        truth += slice_rows(STAFF, snapshot(quarter_of_year), cells)
        figures = figures_of(truth)
        counts = build_constraints(figures, PublicReference(KINDS, {}, stocks))
        least = [min(1.0, value) for value in counts.value]
        chosen = find_pattern_over_snapshots(counts, suppression_units(figures, counts), least, before, stocks)
        assert not chosen.unsafe
        published = _out(truth, set(chosen.rows), set(chosen.unknown))
        result = attack(published, truth, ledger=ledger, stocks=stocks)
        assert not result.leaks, result.leaks
        assert not result.leaked_before
        ledger += published
        keys = {_key(row) for row in truth}
        whole = {key for key in keys if key.at.race == "all"}
        before = EarlierReleases(
            rows={key: key not in chosen.rows for key in keys},
            unknown=dict.fromkeys(whole - chosen.rows.keys(), True) | dict.fromkeys(chosen.unknown, False),
        )


@settings(deadline=None, max_examples=number_of_examples(60))
@given(st.lists(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 80)), min_size=4, max_size=4), min_size=3, max_size=3))
def test_no_year_can_be_computed_from_its_pooled_period(table: list[list[tuple[int, int]]]) -> None:
    truth: list[Row] = []
    pooled = dict.fromkeys(RACES, (0, 0))
    for step, line in enumerate(table):
        cells = {race: (x, x + others) for race, (x, others) in zip(RACES, line, strict=True)}
        pooled = {race: (pooled[race][0] + cells[race][0], pooled[race][1] + cells[race][1]) for race in RACES}
        truth += slice_rows(LEAD, where(period_start=dt.date(2021 + step, 1, 1)), cells)
    truth += slice_rows(LEAD, where(period_type="3_year", period_start=dt.date(2021, 1, 1)), pooled)
    figures = figures_of(truth)
    counts = build_constraints(figures, PublicReference(KINDS))
    chosen = find_pattern(counts, suppression_units(figures, counts), [min(1.0, value) for value in counts.value])
    assert not chosen.unsafe
    result = attack(_out(truth, set(chosen.rows), set(chosen.unknown)), truth)
    assert not result.leaks, result.leaks
    assert not result.fractions


@settings(deadline=None, max_examples=number_of_examples(20))
@given(st.lists(st.lists(st.integers(0, 30), min_size=6, max_size=6), min_size=3, max_size=3))
def test_no_year_of_a_group_in_a_district_can_be_computed_from_three_margins(table: list[list[int]]) -> None:
    """Out are the city by race and year, districts by race over three years, and districts by year without race."""
    races = ("black", "white", "declined")
    found = {
        (place, year, race): (line[3 * place + at], line[3 * place + at] + 200)
        for year, line in enumerate(table)
        for place in (0, 1)
        for at, race in enumerate(races)
    }

    def rows(at: CellKey, places: Sequence[int], years: Sequence[int]) -> list[Row]:
        pairs = {race: [found[place, year, race] for place in places for year in years] for race in races}
        return slice_rows(LEAD, at, {race: (sum(x for x, _ in of), sum(n for _, n in of)) for race, of in pairs.items()})

    published, inside = [], []
    for year in range(3):
        begins = {"period_start": dt.date(2021 + year, 1, 1)}
        published += rows(where(**begins), (0, 1), (year,))
        for place in (0, 1):
            for row in rows(district(place, **begins), (place,), (year,)):
                (published if row.where.race == "all" else inside).append(row)
    for place in (0, 1):
        published += rows(district(place, period_type="3_year", period_start=dt.date(2021, 1, 1)), (place,), range(3))
    every = figures_of([*published, *inside])
    figures = every[: len(published)]
    counts = build_constraints(every, PublicReference(KINDS))
    chosen = find_pattern(counts, suppression_units(figures, counts), [min(1.0, value) for value in counts.value])
    assert not chosen.unsafe
    result = attack(_out(published, set(chosen.rows), set(chosen.unknown)), [*published, *inside])
    assert not result.leaks, result.leaks


@settings(deadline=None, max_examples=number_of_examples(20))
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 40), st.floats(0, 1), st.floats(0, 1)), min_size=4, max_size=4), min_size=6, max_size=6
    )
)
def test_no_stop_of_a_random_precinct_or_reason_can_be_computed(table: list[list[tuple[int, float, float]]]) -> None:
    """Precincts chain into their own city, reasons are strata of it, and three questions share the stops that have an answer."""
    among = {"stops_answered": "stops.numerator", "searched.numerator": "stops_answered", "vehicles_answered": "stops.numerator",
             "vehicles.numerator": "vehicles_answered"}  # fmt: skip
    searched = measure("proportion", "searched", denominator="stops_answered")
    vehicles = measure("proportion", "vehicles", denominator="vehicles_answered")
    recorded = measure("proportion", "recorded", numerator="stops_answered", denominator="stops.numerator")
    cells: dict[tuple[str, str, str], list[int]] = {}
    for number, line in enumerate(table):
        for race, (stops, answered, hit) in zip(RACES, line, strict=True):
            with_answer = round(stops * answered)
            counts = [stops, with_answer, round(with_answer * hit), round(with_answer * hit * answered)]
            for key in (
                (race, f"{CITY}/{number % 3 + 1}", ""),
                (race, CITY, ("traffic", "suspicious")[number % 2]),
                (race, CITY, ""),
            ):
                cells[key] = [a + b for a, b in zip(cells.get(key, [0] * 4), counts, strict=True)]
    truth: list[Row] = []
    for place, stratum in dict.fromkeys((place, stratum) for _, place, stratum in cells):
        at = where() if place == CITY else where(geography_type="police_precinct", geoid=place)
        if stratum:
            at = at._replace(stratum_type="stop_reason", stratum_code=stratum)
        of = {race: cells[race, place, stratum] for race in RACES}
        truth += slice_rows(STOPS, at, {race: (count[0], 0) for race, count in of.items()})
        truth += slice_rows(recorded, at, {race: (count[1], count[0]) for race, count in of.items()})
        truth += slice_rows(searched, at, {race: (count[2], count[1]) for race, count in of.items()})
        truth += slice_rows(vehicles, at, {race: (count[3], count[1]) for race, count in of.items()})
    figures = figures_of(truth)
    counts_of = build_constraints(figures, PublicReference(KINDS, among))
    chosen = find_pattern(counts_of, suppression_units(figures, counts_of), [min(1.0, value) for value in counts_of.value])
    assert not chosen.unsafe
    published = [row for of in (STOPS, recorded, searched, vehicles) for row in _out_of(of, truth, chosen.rows, chosen.unknown)]
    result = attack(published, truth, subsets=among.items())
    assert not result.leaks, result.leaks
    assert not result.fractions


def _out_of(of: AuditedMeasure, truth: Sequence[Row], hidden: Collection[RowKey], unknown: Collection[RowKey]) -> list[Row]:
    return _out([row for row in truth if row.measure == of], set(hidden), set(unknown))
