"""Each published rate, ratio, interval, bound, median, index and goal that reveals a hidden count is refused.

See `test_patterns` for sums over races, periods and places, and `test_patterns_over_time` for corrections.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.equations.cells import UNKNOWN
from expectations.disclosure.forbidden_disclosures import forbidden_disclosures
from expectations.disclosure.inputs.audit_inputs import Goal, Index, Row
from tests.unit.expectations.disclosure.world import (
    CITY,
    attack,
    district,
    leaking,
    measure,
    month,
    publish,
    published_rows,
    slice_rows,
    where,
)

STOPS = measure("composition", "stops")
SEARCHED = measure("proportion", "searched")
VISITS = measure("rate", "visits")
NUMERATOR, DENOMINATOR, COMPLEMENT = "searched.numerator", "searched.denominator", "searched.denominator but searched.numerator"


def what_is_refused(published: tuple[Row, ...], **also: object) -> set[str]:
    return {disclosure.what for disclosure in forbidden_disclosures(replace(published_rows(published), **also))}


def test_a_rate_times_its_public_population_is_a_count() -> None:
    truth = slice_rows(VISITS, where(), {"black": (5, 4000), "white": (100, 9000), "asian": (30, 700)})
    hidden = [where("black"), where("asian")]

    def with_value(row: Row) -> Row:
        value = next(true.figures["value"] for true in truth if true.where == row.where)
        return row._replace(figures=row.figures | {"value": value}) if row.where == where("black") else row

    assert not attack(publish(truth, hidden), truth).leaks
    assert leaking(attack(publish(truth, hidden, also=with_value), truth)) == {("visits.numerator", where("black"))}
    assert "value of a hidden row" in what_is_refused(publish(truth, hidden, also=with_value))


def test_a_hidden_population_is_known_from_the_census() -> None:
    visits = replace(VISITS, population="pl_2020", age_universe="18_and_over")
    truth = slice_rows(visits, where(), {"black": (5, 4000), "white": (100, 9000), "asian": (30, 700)})

    def only_value(row: Row) -> Row:
        value = next(true.figures["value"] for true in truth if true.where == row.where)
        return row._replace(figures={"value": value}) if row.where == where("black") else row

    published = publish(truth, [where("black"), where("asian")], also=only_value)
    census = {("pl_2020", "18_and_over", "city", "current", CITY, "spd15_1997", "black"): 4000.0}
    assert not attack(published, truth).leaks
    assert leaking(attack(published, truth, populations=census)) == {("visits.numerator", where("black"))}


@pytest.mark.parametrize("figure", ["reference_value", "rate_ratio", "rate_difference"])
def test_a_comparison_with_a_hidden_reference_reveals_it(figure: str) -> None:
    truth = slice_rows(
        SEARCHED, where(), {"black": (60, 200), "white": (9, 300), "asian": (30, 70), "hispanic": (40, 80)}, reference="white"
    )
    figures = next(row.figures for row in truth if row.where.race == "black")

    def denominators_and(row: Row) -> Row:
        """Denominators of stopped persons are out elsewhere, and one comparison is left in."""
        of_row = next(true.figures for true in truth if true.where == row.where)
        left_in = {figure: figures[figure]} if row.where.race == "black" and also else {}
        words = {"reference_code": "white", "reference_rule": "best"} if row.where.race == "black" and also else {}
        return row._replace(figures=row.figures | {"denominator": of_row["denominator"]} | left_in, words={**row.words, **words})

    also = False
    hidden = [where("white"), where("asian")]
    assert not attack(publish(truth, hidden, also=denominators_and), truth).leaks
    also = True
    published = publish(truth, hidden, also=denominators_and)
    assert (NUMERATOR, where("white")) in leaking(attack(published, truth))
    assert f"{figure} with a hidden reference" in what_is_refused(published)


def test_a_ratio_of_a_hidden_row_to_a_shown_reference_reveals_the_row() -> None:
    truth = slice_rows(VISITS, where(), {"black": (9, 4000), "white": (100, 9000), "asian": (30, 700)}, reference="white")
    figures = next(row.figures for row in truth if row.where.race == "black")

    def leave_ratio(row: Row) -> Row:
        remaining = {name: figures[name] for name in ("reference_value", "rate_ratio")}
        words = {"reference_code": "white", "reference_rule": "best"}
        return row._replace(figures=row.figures | remaining, words={**row.words, **words}) if row.where.race == "black" else row

    published = publish(truth, [where("black"), where("asian")], also=leave_ratio)
    assert leaking(attack(published, truth)) == {("visits.numerator", where("black"))}


def test_everyone_else_as_reference_reveals_the_sum_of_known_race() -> None:
    counts = {"black": (60, 200), "white": (50, 300), "declined": (7, 40), "observer_unknown": (30, 50)}
    truth = slice_rows(SEARCHED, where(), counts, reference="rest")
    hidden = [where("declined"), where("observer_unknown")]

    def without(*names: str) -> object:
        return lambda row: row._replace(figures={k: v for k, v in row.figures.items() if k not in names})

    bounds = ("known_race_pct", "bound_low", "bound_high")
    published = publish(truth, hidden, also=without(*bounds))
    assert "reference_value with a reference of unknown size" in what_is_refused(published)


@pytest.mark.parametrize("figure", ["ci_low", "ci_high", "rate_ratio_ci_low", "rate_difference_ci_high", "geocoded_pct"])
def test_an_interval_of_a_hidden_row_is_refused(figure: str) -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (5, 60), "white": (100, 300), "asian": (30, 70)})
    hidden = [where("black"), where("asian")]
    assert not what_is_refused(publish(truth, hidden))
    left_in = publish(truth, hidden, also=lambda row: row._replace(figures=row.figures | {figure: 1.0}))
    assert f"{figure} of a hidden row" in what_is_refused(left_in)


@pytest.mark.parametrize(("limit", "is_refused"), [(0.044, False), (440.0, False), (-4.4, False), (4.41, True), (44.04, True)])
def test_a_limit_over_clusters_has_two_digits(limit: float, is_refused: bool) -> None:
    truth = slice_rows(VISITS, where(), {"black": (50, 4000), "white": (100, 9000)})

    def clustered(row: Row) -> Row:
        limits = {"ci_low": limit, "ci_high": 500.0, "rate_difference_ci_low": limit}
        return row._replace(
            figures=row.figures | limits, words={**row.words, "ci_method": "super_population_clustered_linearized"}
        )

    refused = {what for what in what_is_refused(publish(truth, [], also=clustered)) if "clusters" in what}
    names = ("ci_low", "rate_difference_ci_low") if is_refused else ()
    assert refused == {f"{name} over clusters with more than two digits" for name in names}


@pytest.mark.parametrize(
    ("word", "value"), [("ci_method", "exact_poisson"), ("reliability", "unreliable"), ("status_reason", "zero_events")]
)
def test_words_about_a_hidden_row_are_refused(word: str, value: str) -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (5, 60), "white": (100, 300), "asian": (30, 70)})
    published = publish(
        truth,
        [where("black"), where("asian")],
        also=lambda row: row._replace(words={**row.words, word: value}) if row.status == "suppressed" else row,
    )
    assert f"{word} of a hidden row" in what_is_refused(published)


def test_the_known_share_reveals_the_number_of_unknown_race() -> None:
    truth = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "declined": (4, 0), "observer_unknown": (3, 0)})
    hidden = [where("declined"), where("observer_unknown"), where("black")]
    assert leaking(attack(publish(truth, hidden), truth)) >= {("stops.numerator", where(UNKNOWN))}
    assert not attack(publish(truth, hidden, unknown_hidden=[where()]), truth).leaks


@pytest.mark.parametrize("bound", ["bound_low", "bound_high"])
def test_bounds_reveal_the_unknown(bound: str) -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (50, 150), "white": (100, 400), "asian": (40, 160), "declined": (4, 90)})
    hidden = [where("declined"), where("asian")]
    assert not attack(publish(truth, hidden, unknown_hidden=[where()]), truth).leaks
    for_white = next(row.figures for row in truth if row.where.race == "white")
    left_in = publish(
        truth,
        hidden,
        unknown_hidden=[where()],
        also=lambda row: (
            row._replace(figures=row.figures | {name: for_white[name] for name in ("bound_low", "bound_high")})
            if row.where.race == "white"
            else row
        ),
    )
    assert (NUMERATOR, where("declined")) in leaking(attack(left_in, truth))


def test_a_reliable_row_reveals_that_few_are_of_unknown_race() -> None:
    counts = {"black": (50, 0), "white": (30, 0), "asian": (30, 0), "declined": (5, 0)}
    truth = slice_rows(STOPS, where(), counts)
    hidden = [where("declined"), where("asian")]
    assert all(row.words["reliability"] == "reliable" for row in truth if row.where.race in ("black", "white"))
    # of 115 at most 11.5 are of unknown race; were it 60, at most 6
    assert not attack(publish(truth, hidden, unknown_hidden=[where()]), truth).leaks
    truth = slice_rows(STOPS, where(), {"black": (25, 0), "white": (20, 0), "asian": (12, 0), "declined": (4, 0)})
    assert ("stops.numerator", where("declined")) in leaking(attack(publish(truth, hidden, unknown_hidden=[where()]), truth))


def test_a_share_of_two_hidden_counts_reveals_both() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0), "declined": (40, 0)})
    hidden = [where(), where("black"), where("asian"), where("declined")]

    def without_denominator(row: Row) -> Row:
        return row._replace(figures={k: v for k, v in row.figures.items() if k in ("numerator", "known_race_pct")})

    found = attack(publish(truth, hidden, also=without_denominator), truth)
    assert {family for family, _, _ in found.fractions} == {"known shares"}
    assert not attack(publish(truth, hidden, also=without_denominator, unknown_hidden=[where()]), truth).fractions


def test_a_reliable_median_reveals_that_it_has_enough_records() -> None:
    staff = measure("composition", "staff", numerator="positions", denominator="positions")
    pay = measure("median", "pay", records="positions")
    truth = slice_rows(staff, where(), {"black": (7, 0), "white": (100, 0), "asian": (26, 0)})
    medians = [
        Row(
            pay,
            where(race),
            "individual",
            CITY,
            "published",
            {"value": 50_000.0},
            {"value_status": "computed", "reliability": "reliable"},
        )
        for race in ("white", "asian")
    ]
    hidden = [where("black"), where("asian")]
    assert not attack(publish(truth, hidden), truth).leaks
    # asian is at least 20 of 33, so that black is at most 13, and at least 1: wide enough; of 27 it would not be
    assert not attack((*publish(truth, hidden), *medians), truth).leaks
    truth = slice_rows(staff, where(), {"black": (7, 0), "white": (100, 0), "asian": (20, 0)})
    assert leaking(attack((*publish(truth, hidden), *medians), truth)) == {("positions", where("black"))}


def test_a_median_over_a_subset_reveals_the_size_of_its_universe() -> None:
    staff = measure("composition", "staff", numerator="positions", denominator="positions")
    pay = measure("median", "pay", records="paid")
    truth = slice_rows(staff, where(), {"black": (7, 0), "white": (100, 0), "asian": (20, 0)})
    words = {"value_status": "computed", "reliability": "reliable"}
    median = Row(pay, where("asian"), "individual", CITY, "published", {"value": 50_000.0}, words)
    rows = (*publish(truth, [where("black"), where("asian")]), median)
    assert not attack(rows, truth).leaks
    assert leaking(attack(rows, truth, subsets=[("paid", "positions")])) == {("positions", where("black"))}


def test_who_is_in_one_measure_and_not_in_another_is_counted_by_both() -> None:
    stops = measure("composition", "stops", numerator="stops", denominator="stops")
    searched = measure("proportion", "searched", denominator="answered")
    truth = [
        *slice_rows(stops, where(), {"black": (100, 0), "white": (300, 0)}),
        *slice_rows(searched, where(), {"black": (40, 97), "white": (90, 250)}),
    ]
    assert not attack(publish(truth), truth).leaks
    found = attack(publish(truth), truth, subsets=[("answered", "stops")])
    assert leaking(found) == {("stops but answered", where("black"))}


def test_records_of_districts_are_among_the_universe_of_their_city() -> None:
    """160 - 130 - 26 = 4: each hidden district has from 0 to 4 of them. With 360 in the city no district is narrow."""
    removals, suspensions = measure("count", "removals"), measure("count", "suspensions", numerator="suspensions")
    inside = {1: 130, 2: 26, 3: 1, 4: 3}
    for whole, found in ((160, {("suspensions", district(3)), ("suspensions", district(4))}), (360, set())):
        truth = slice_rows(removals, where(), {"all": (whole, 0)})
        for number, count in inside.items():
            truth += slice_rows(suspensions, district(number), {"all": (count, 0)})
        hidden = [district(3), district(4)]
        assert not attack(publish(truth, hidden), truth).leaks
        subsets = [("suspensions", removals.numerator)]
        assert found <= leaking(attack(publish(truth, hidden), truth, subsets=subsets)), whole
        if not found:
            assert not attack(publish(truth, hidden), truth, subsets=subsets).leaks


def test_a_median_over_few_is_refused() -> None:
    pay = measure("median", "pay")
    row = Row(pay, where("black"), "individual", CITY, "published", {"value": 1.0}, {"reliability": "unreliable"})
    assert what_is_refused((row,)) == {"a median of too few records"}
    careless = replace(pay, minimum_n=5.0)
    reliable = row._replace(measure=careless, words={"reliability": "reliable"})
    assert what_is_refused((reliable,)) == {"a median that may have fewer records than required"}


def index_of(
    used: tuple[str, ...], left_out: tuple[str, ...] = (), *, is_shown: bool = True, index_id: str = "theil_index"
) -> Index:
    return Index(SEARCHED, where(), "individual", index_id, is_shown, used, left_out)


def test_an_index_over_a_hidden_row_is_refused() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60), "white": (100, 300), "asian": (30, 70)})
    published = publish(truth, [where("black"), where("asian")])
    over_hidden = index_of(("asian", "white"))
    assert what_is_refused(published, indices=(over_hidden,)) == {"an index over a hidden row"}
    assert not what_is_refused(published, indices=(over_hidden._replace(is_shown=False),))
    assert not what_is_refused(publish(truth), indices=(over_hidden,))
    assert what_is_refused(publish(truth), indices=(index_of(("asian",), index_id="dissimilarity_asian"),))


def test_the_groups_that_an_index_used_are_known_to_be_large() -> None:
    truth = slice_rows(STOPS, where(), {"black": (9, 0), "white": (100, 0), "asian": (22, 0)})
    published = publish(truth, [where("black"), where("asian")])
    assert not attack(published, truth).leaks
    used = index_of(("asian", "white"), is_shown=False)._replace(measure=STOPS)
    # asian is at least 20 of 31, so that black is at most 11 and at least 1; left out it is at most 19
    assert not attack(published, truth, indices=(used,)).leaks
    truth = slice_rows(STOPS, where(), {"black": (9, 0), "white": (100, 0), "asian": (20, 0)})
    assert leaking(attack(publish(truth, [where("black"), where("asian")]), truth, indices=(used,))) == {
        ("stops.numerator", where("black"))
    }


def test_a_goal_over_a_hidden_row_is_refused() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60), "white": (100, 300), "asian": (30, 70)})
    goals = [Goal(SEARCHED, where(race), is_shown=True) for race in ("black", "white")]
    assert not what_is_refused(publish(truth), goals=goals)
    hidden = publish(truth, [where("black"), where("asian")])
    assert what_is_refused(hidden, goals=goals) == {"a goal over a hidden row"}
    assert not what_is_refused(hidden, goals=[goal._replace(is_shown=False) for goal in goals])


def test_the_best_group_is_known_to_be_large() -> None:
    months = {number: {"black": (60, 200), "white": (30, 150), "asian": (60, 150)} for number in range(1, 13)}
    year = {race: (12 * x, 12 * n) for race, (x, n) in months[1].items()}
    slices = {where(): year} | {month(number): counts for number, counts in months.items()}
    truth = [row for at, counts in slices.items() for row in slice_rows(SEARCHED, at, counts, reference="white")]
    knowledge = build_attacker_model(published_rows(publish(truth, [where("white"), where("asian")])), truth)
    cell = knowledge.cells.get(NUMERATOR, where("white"))
    assert cell is not None
    assert knowledge.cells.lower[cell] == SEARCHED.minimum_n
