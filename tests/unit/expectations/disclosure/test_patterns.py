"""Known ways in which a table gives somebody away, each found, and beside it the same table hidden well enough.

Here: one pattern a test, as small as it can be. Not here: how intervals are computed (`test_intervals`), random tables
(`test_random`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from expectations.disclosure.attacker_model import gather
from expectations.disclosure.audit_inputs import Goal, Index, Row, Where
from expectations.disclosure.cells import IN_COMBINATION, LEFT_OUT_KNOWN, UNKNOWN, UNPLACED
from expectations.disclosure.forbidden_disclosures import refusals
from expectations.disclosure.release_differencing import small_changes
from tests.unit.expectations.disclosure.world import (
    CITY,
    attack,
    district,
    known,
    leaking,
    measure,
    month,
    publish,
    quarter,
    slice_rows,
    told,
    where,
)

STOPS = measure("composition", "stops")
SEARCHED = measure("proportion", "searched")
VISITS = measure("rate", "visits")
NUMERATOR, DENOMINATOR, COMPLEMENT = "searched.numerator", "searched.denominator", "searched.denominator but searched.numerator"


def what_is_refused(published: tuple[Row, ...], **also: object) -> set[str]:
    return {refusal.what for refusal in refusals(replace(known(published), **also))}


def test_a_single_hidden_race_is_the_total_less_the_others() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0)})
    found = attack(publish(truth, [where("black")]), truth)
    assert told(found) == [("black", 5, 5)]
    assert not attack(publish(truth, [where("black"), where("asian")]), truth).leaks


def test_two_hidden_cells_share_what_is_left_and_that_may_be_too_little() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (4, 0), "hispanic": (100, 0)})
    found = attack(publish(truth, [where("black"), where("asian")]), truth)
    # together 9, and each counts somebody
    assert told(found) == [("black", 1, 8), ("asian", 1, 8)]


def test_two_hidden_cells_in_each_row_and_column_are_not_enough() -> None:
    races = ("black", "white", "asian", "hispanic")
    hidden = [
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 1),
        (3, 2),
        (3, 3),
        (4, 2),
        (4, 3),
        (2, 2),
    ]  # two rectangles and the one that joins them
    counts = {number: {race: (20 + 7 * number + at, 0) for at, race in enumerate(races)} for number in range(1, 5)}
    counts[2]["asian"] = (6, 0)
    truth = [row for number, of in counts.items() for row in slice_rows(STOPS, district(number), of)]
    city = {race: (sum(of[race][0] for of in counts.values()), 0) for race in races}
    truth += slice_rows(STOPS, where(), city)
    wheres = [district(number, races[at]) for number, at in hidden]
    found = attack(publish(truth, wheres), truth)
    assert leaking(found) == {("stops.numerator", district(2, "asian"))}
    assert told(found) == [("asian", 6, 6)]
    assert not attack(publish(truth, [*wheres, district(4, "white"), district(4, "black")]), truth).leaks


def test_two_nights_that_hide_different_cells_hide_none() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0)})
    first = publish(truth, [where("black"), where("asian")])
    second = publish(truth, [where("black"), where("white")])
    assert not attack(first, truth).leaks
    assert not attack(second, truth).leaks
    assert leaking(attack(second, truth, ledger=first)) == {("stops.numerator", where("black"))}
    assert not attack(first, truth, ledger=first).leaks


def test_a_month_is_its_quarter_less_the_other_months() -> None:
    black = {1: 30, 2: 40, 3: 7}
    slices = {month(number): {"black": (count, 0), "white": (100, 0)} for number, count in black.items()}
    slices[quarter(1)] = {"black": (77, 0), "white": (300, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [month(3, "black"), month(3, "white")]
    assert ("stops.numerator", month(3, "black")) in leaking(attack(publish(truth, hidden), truth))
    hidden += [month(2, "black"), month(2, "white")]
    assert not attack(publish(truth, hidden), truth).leaks


def test_months_tell_a_year_of_which_no_quarter_is_out() -> None:
    slices = {month(number): {"black": (30, 0), "white": (100, 0)} for number in range(1, 12)}
    slices[month(12)] = {"black": (8, 0), "white": (100, 0)}
    slices[where()] = {"black": (338, 0), "white": (1200, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [month(12, "black"), month(12, "white")]
    assert ("stops.numerator", month(12, "black")) in leaking(attack(publish(truth, hidden), truth))


def test_a_district_is_the_city_less_the_other_districts() -> None:
    slices = {district(1): {"black": (7, 0), "white": (90, 0)}, district(2): {"black": (30, 0), "white": (80, 0)}}
    slices[where()] = {"black": (37, 0), "white": (170, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [district(1, "black"), district(1, "white")]
    assert ("stops.numerator", district(1, "black")) in leaking(attack(publish(truth, hidden), truth))
    assert not attack(publish(truth, [*hidden, district(2, "black"), district(2, "white")]), truth).leaks


def test_who_is_placed_nowhere_is_the_city_less_all_districts() -> None:
    slices = {district(1): {"black": (50, 0)}, district(2): {"black": (30, 0)}, where(): {"black": (84, 0)}}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    found = attack(publish(truth), truth)
    assert {leak.where.geoid for leak in found.leaks} == {f"{CITY}/{UNPLACED}"}
    assert {(low, high) for _, low, high in told(found)} == {(4, 4)}


def test_the_share_placed_on_a_map_tells_who_is_not() -> None:
    slices = {district(1): {"black": (50, 0)}, district(2): {"black": (30, 0)}, where(): {"black": (84, 0)}}
    truth = [
        row
        for at, counts in slices.items()
        for row in slice_rows(STOPS, at, counts, placed=100 * 80 / 84 if at != where() else None)
    ]
    hidden = [district(1, "all"), district(1, "black")]
    found = attack(publish(truth, hidden), truth)
    assert {leak.where.geoid for leak in found.leaks} == {f"{CITY}/{UNPLACED}"}
    without = publish(
        truth, hidden, also=lambda row: row._replace(figures={k: v for k, v in row.figures.items() if k != "geocoded_pct"})
    )
    assert not attack(without, truth).leaks


def test_in_a_year_of_two_maps_both_add_up_to_the_city() -> None:
    slices = {
        district(1, vintage="2012"): {"black": (40, 0), "white": (90, 0)},
        district(1, vintage="2022"): {"black": (6, 0), "white": (80, 0)},
        where(): {"black": (46, 0), "white": (170, 0)},
    }
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [district(1, "black"), district(1, "white")]
    assert ("stops.numerator", district(1, "black")) in leaking(attack(publish(truth, hidden), truth))


def test_schools_add_up_to_their_district() -> None:
    def school(name: str, race: str = "all") -> Where:
        return where(race, geography_type="school", geoid=f"NORTH/{name}")

    above = where(geography_type="school_district", geoid="NORTH")
    slices = {school("A"): {"black": (6, 0), "white": (60, 0)}, school("B"): {"black": (40, 0), "white": (60, 0)}}
    slices[above] = {"black": (46, 0), "white": (120, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [school("A", "black"), school("A", "white")]
    assert ("stops.numerator", school("A", "black")) in leaking(attack(publish(truth, hidden), truth))


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
    visits = replace(VISITS, population_scheme="pl_2020", age_universe="18_and_over")
    truth = slice_rows(visits, where(), {"black": (5, 4000), "white": (100, 9000), "asian": (30, 700)})

    def only_value(row: Row) -> Row:
        value = next(true.figures["value"] for true in truth if true.where == row.where)
        return row._replace(figures={"value": value}) if row.where == where("black") else row

    published = publish(truth, [where("black"), where("asian")], also=only_value)
    census = {("pl_2020", "18_and_over", "city", "current", CITY, "spd15_1997", "black"): 4000.0}
    assert not attack(published, truth).leaks
    assert leaking(attack(published, truth, populations=census)) == {("visits.numerator", where("black"))}


def test_few_who_do_not_are_as_telling_as_few_who_do() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (58, 60), "white": (100, 300), "asian": (30, 70)})
    assert leaking(attack(publish(truth), truth)) == {(COMPLEMENT, where("black"))}
    assert not attack(publish(truth, [where("black"), where("white")]), truth).leaks


def test_few_who_were_counted_at_all_are_hidden_too() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (0, 6), "white": (100, 300), "asian": (30, 70)})
    assert leaking(attack(publish(truth), truth)) == {(DENOMINATOR, where("black")), (COMPLEMENT, where("black"))}


@pytest.mark.parametrize("figure", ["reference_value", "rate_ratio", "rate_difference"])
def test_what_is_compared_with_a_hidden_reference_tells_it(figure: str) -> None:
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


def test_a_ratio_of_a_hidden_row_to_a_shown_reference_tells_the_row() -> None:
    truth = slice_rows(VISITS, where(), {"black": (9, 4000), "white": (100, 9000), "asian": (30, 700)}, reference="white")
    figures = next(row.figures for row in truth if row.where.race == "black")

    def leave_ratio(row: Row) -> Row:
        left = {name: figures[name] for name in ("reference_value", "rate_ratio")}
        words = {"reference_code": "white", "reference_rule": "best"}
        return row._replace(figures=row.figures | left, words={**row.words, **words}) if row.where.race == "black" else row

    published = publish(truth, [where("black"), where("asian")], also=leave_ratio)
    assert leaking(attack(published, truth)) == {("visits.numerator", where("black"))}


def test_everyone_else_as_reference_tells_the_sum_of_known_race() -> None:
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


@pytest.mark.parametrize(
    ("word", "says"), [("ci_method", "exact_poisson"), ("reliability", "unreliable"), ("status_reason", "zero_events")]
)
def test_words_about_a_hidden_row_are_refused(word: str, says: str) -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (5, 60), "white": (100, 300), "asian": (30, 70)})
    published = publish(
        truth,
        [where("black"), where("asian")],
        also=lambda row: row._replace(words={**row.words, word: says}) if row.status == "suppressed" else row,
    )
    assert f"{word} of a hidden row" in what_is_refused(published)


def test_the_known_share_tells_how_many_are_unknown() -> None:
    truth = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "declined": (4, 0), "observer_unknown": (3, 0)})
    hidden = [where("declined"), where("observer_unknown"), where("black")]
    assert leaking(attack(publish(truth, hidden), truth)) >= {("stops.numerator", where(UNKNOWN))}
    assert not attack(publish(truth, hidden, unknown_hidden=[where()]), truth).leaks


@pytest.mark.parametrize("bound", ["bound_low", "bound_high"])
def test_bounds_tell_the_unknown(bound: str) -> None:
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


def test_a_reliable_row_tells_that_few_are_unknown() -> None:
    counts = {"black": (50, 0), "white": (30, 0), "asian": (30, 0), "declined": (5, 0)}
    truth = slice_rows(STOPS, where(), counts)
    hidden = [where("declined"), where("asian")]
    assert all(row.words["reliability"] == "reliable" for row in truth if row.where.race in ("black", "white"))
    # of 115 at most 11.5 are of unknown race; were it 60, at most 6
    assert not attack(publish(truth, hidden, unknown_hidden=[where()]), truth).leaks
    truth = slice_rows(STOPS, where(), {"black": (25, 0), "white": (20, 0), "asian": (12, 0), "declined": (4, 0)})
    assert ("stops.numerator", where("declined")) in leaking(attack(publish(truth, hidden, unknown_hidden=[where()]), truth))


def test_a_share_of_two_hidden_counts_tells_both() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0), "declined": (40, 0)})
    hidden = [where(), where("black"), where("asian"), where("declined")]

    def without_denominator(row: Row) -> Row:
        return row._replace(figures={k: v for k, v in row.figures.items() if k in ("numerator", "known_race_pct")})

    found = attack(publish(truth, hidden, also=without_denominator), truth)
    assert {family for family, _, _ in found.fractions} == {"known shares"}
    assert not attack(publish(truth, hidden, also=without_denominator, unknown_hidden=[where()]), truth).fractions


def test_a_starred_cell_is_not_told_by_what_the_source_shows() -> None:
    truth = slice_rows(STOPS, where(), {"black": (25, 0), "white": (100, 0), "asian": (7, 0), "hispanic": (30, 0)})
    starred = [
        row._replace(figures={}, words={"value_status": "suppressed_at_source", "status_reason": "suppressed_at_source"})
        if row.where.race == "asian"
        else row
        for row in truth
    ]

    def star(row: Row) -> Row:
        return row._replace(status="suppressed") if row.where.race == "asian" else row

    found = attack(publish(starred, also=star), starred)
    assert told(found) == [("asian", 7, 7)]
    assert not attack(publish(starred, [where("hispanic")], also=star), starred).leaks


def test_who_selected_a_race_with_others_is_not_told_by_two_tabulations() -> None:
    survey = measure("proportion", "satisfied")
    alone = slice_rows(survey, where(), {"black": (50, 150), "white": (100, 300), "multiracial": (30, 70)})
    combined = slice_rows(survey, where(tabulation="alone_or_in_combination"), {"black": (54, 165), "white": (130, 370)})
    truth = [*alone, *combined]
    found = leaking(attack(publish(truth), truth))
    assert ("satisfied.numerator", where("black", tabulation=IN_COMBINATION)) in found
    hidden = [where("black", tabulation="alone_or_in_combination")]
    assert not attack(publish(truth, hidden), truth).leaks


def test_those_in_combination_are_at_most_the_multiracial() -> None:
    survey = measure("composition", "answers")
    alone = slice_rows(survey, where(), {"black": (50, 0), "white": (100, 0), "multiracial": (8, 0), "asian": (40, 0)})
    combined = [
        *slice_rows(survey, where(tabulation="alone_or_in_combination"), {"all": (198, 0), "black": (56, 0), "white": (108, 0)}),
    ]
    truth = [*alone, *(row for row in combined if row.where.race != "all")]
    hidden = [where("multiracial"), where("asian"), where("black", tabulation="alone_or_in_combination")]
    found = leaking(attack(publish(truth, hidden), truth))
    # all eight are white as well: those whose other race is hidden are at most eight
    assert ("answers.numerator", where("white", tabulation=IN_COMBINATION)) in found


def test_two_measures_of_the_same_people_hide_nothing_from_each_other() -> None:
    staff = measure("composition", "staff", numerator="positions", denominator="positions")
    paid = measure("proportion", "well_paid", denominator="positions", numerator="well_paid")
    counts = {"black": (9, 0), "white": (100, 0), "asian": (30, 0)}
    of_staff = slice_rows(staff, where(), counts)
    of_paid = slice_rows(paid, where(), {race: (20 if count > 20 else 0, count) for race, (count, _) in counts.items()})
    truth = [*of_staff, *of_paid]
    hidden = [where("black"), where("asian")]
    assert not attack(publish(of_staff, hidden), truth).leaks
    found = attack((*publish(of_staff, hidden), *publish(of_paid)), truth)
    assert ("positions", where("black")) in leaking(found)
    assert not attack((*publish(of_staff, hidden), *publish(of_paid, hidden)), truth).leaks


def test_a_median_that_rests_on_enough_tells_that_it_does() -> None:
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


def test_a_median_over_some_of_them_tells_of_all() -> None:
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


def test_a_median_over_few_is_refused() -> None:
    pay = measure("median", "pay")
    row = Row(pay, where("black"), "individual", CITY, "published", {"value": 1.0}, {"reliability": "unreliable"})
    assert what_is_refused((row,)) == {"a median that rests on too few records"}
    careless = replace(pay, minimum_n=5.0)
    reliable = row._replace(measure=careless, words={"reliability": "reliable"})
    assert what_is_refused((reliable,)) == {"a median that may rest on fewer records than must be shown"}


def test_ways_of_answering_add_up_to_an_item() -> None:
    survey = measure("proportion", "satisfied")

    def answered(code: str, race: str = "all") -> Where:
        kind = "survey_item_mode" if "/" in code else "survey_item"
        return where(race, stratum_type=kind, stratum_code=code)

    slices = {
        answered("q1/mail"): {"black": (30, 50)},
        answered("q1/web"): {"black": (4, 20)},
        answered("q1"): {"black": (34, 70)},
    }
    truth = [row for at, counts in slices.items() for row in slice_rows(survey, at, counts)]
    hidden = [answered("q1/web", "black"), answered("q1/web")]
    assert ("satisfied.numerator", answered("q1/web", "black")) in leaking(attack(publish(truth, hidden), truth))
    hidden += [answered("q1/mail", "black"), answered("q1/mail")]
    assert not attack(publish(truth, hidden), truth).leaks


def test_strata_add_up_to_everybody_and_who_has_none_is_the_rest() -> None:
    def of(code: str, race: str = "all") -> Where:
        return where(race, stratum_type="sex", stratum_code=code)

    slices = {of("female"): {"black": (30, 50)}, of("male"): {"black": (25, 50)}, where(): {"black": (59, 112)}}
    truth = [row for at, counts in slices.items() for row in slice_rows(SEARCHED, at, counts)]
    found = {(name, at.stratum_code) for name, at in leaking(attack(publish(truth), truth))}
    assert (NUMERATOR, "(no stratum)") in found


def test_offences_overlap_and_do_not_add_up() -> None:
    def of(code: str) -> Where:
        return where(stratum_type="offence", stratum_code=code)

    slices = {of("theft"): {"black": (60, 90)}, of("arson"): {"black": (50, 80)}, where(): {"black": (100, 150)}}
    truth = [row for at, counts in slices.items() for row in slice_rows(SEARCHED, at, counts)]
    found = attack(publish(truth), truth)
    assert not found.contradictions
    assert not found.leaks


def test_races_that_the_plan_leaves_out_are_what_the_others_leave() -> None:
    counts = {"black": (50, 0), "white": (100, 0), "aian": (3, 0), "asian": (2, 0)}
    truth = [*slice_rows(STOPS, district(1), counts), *slice_rows(STOPS, district(2), counts | {"aian": (0, 0), "asian": (0, 0)})]
    out = publish([row for row in truth if row.where.race not in ("aian", "asian")])
    found = leaking(attack(out, truth))
    assert {at.race for _, at in found} == {LEFT_OUT_KNOWN}


def test_where_nobody_is_ever_left_out_a_reader_knows_it() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (0, 0), "hispanic": (40, 0)})
    found = attack(publish([row for row in truth if row.where.race != "asian"], [where("black")]), truth)
    assert leaking(found) == {("stops.numerator", where("black"))}


def test_a_correction_by_few_tells_of_those_few() -> None:
    before = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0)})
    after = slice_rows(STOPS, where(), {"black": (53, 0), "white": (100, 0)})
    many = slice_rows(STOPS, where(), {"black": (65, 0), "white": (100, 0)})

    def changed(now: list[Row]) -> set[str]:
        published = known(publish(now), ledger=publish(before))
        return {at.race for _, at in small_changes(gather(published, now), published)}

    assert changed(after) >= {"all", "black"}
    assert "black" not in changed(before)
    assert "black" not in changed(many)


def test_a_correction_in_a_hidden_cell_is_the_whole_change_less_those_shown() -> None:
    before = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "asian": (30, 0)})
    after = slice_rows(STOPS, where(), {"black": (50, 0), "white": (120, 0), "asian": (34, 0)})
    hidden = [where("black"), where("asian")]
    published = known(publish(after, hidden, unknown_hidden=[where()]), ledger=publish(before, hidden, unknown_hidden=[where()]))
    # of the two hidden together it is told that they grew by four (all but white), of neither alone
    assert {at.race for _, at in small_changes(gather(published, after), published)} == {"white"}
    published = known(publish(after, [where("asian")]), ledger=publish(before, [where("asian")]))
    assert ("stops.numerator", where("asian")) in set(small_changes(gather(published, after), published))


def test_an_earlier_figure_that_has_changed_tells_nothing_of_today() -> None:
    before = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "asian": (30, 0)})
    after = slice_rows(STOPS, where(), {"black": (8, 0), "white": (100, 0), "asian": (30, 0)})
    hidden = [where("black"), where("asian")]
    found = attack(publish(after, hidden), after, ledger=publish(before))
    # white and asian are what they were, and asian was out: what is left is black
    assert leaking(found) == {("stops.numerator", where("black"))}
    moved = slice_rows(STOPS, where(), {"black": (8, 0), "white": (140, 0), "asian": (60, 0)})
    assert not attack(publish(moved, hidden), moved, ledger=publish(before)).leaks


def test_what_a_rollback_takes_back_is_still_known() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0)})
    first = publish(truth, [where("black"), where("asian")])
    taken_back = publish(truth, [where("black"), where("white")])
    found = attack(first, truth, ledger=(*first, *taken_back))
    # both files are out, so nothing that goes out now makes it worse, and nothing makes it good
    assert not found.leaks
    assert {leak.where.race for leak in found.told_before} == {"black"}


def test_a_threshold_that_was_raised_does_not_block_for_ever() -> None:
    strict = replace(STOPS, threshold=30)
    truth = slice_rows(strict, where(), {"black": (25, 0), "white": (100, 0), "asian": (60, 0)})
    published = publish(truth)
    assert {leak.where.race for leak in attack(published, truth).leaks} == {"black"}
    found = attack(published, truth, ledger=published)
    assert not found.leaks
    assert {leak.where.race for leak in found.told_before} == {"black"}


def test_zeros_are_hidden_where_the_agreement_says_so() -> None:
    counts = {"black": (0, 40), "white": (100, 300), "asian": (30, 70)}
    truth = slice_rows(SEARCHED, where(), counts)
    assert not attack(publish(truth), truth).leaks
    strict = replace(SEARCHED, hides_zeros=True)
    truth = slice_rows(strict, where(), counts)
    assert (NUMERATOR, where("black")) in leaking(attack(publish(truth), truth))


def index_of(
    used: tuple[str, ...], left_out: tuple[str, ...] = (), *, is_shown: bool = True, index_id: str = "theil_index"
) -> Index:
    return Index(SEARCHED, where(), "individual", index_id, is_shown, used, left_out)


def test_an_index_over_a_hidden_row_is_refused() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60), "white": (100, 300), "asian": (30, 70)})
    published = publish(truth, [where("black"), where("asian")])
    over_hidden = index_of(("asian", "white"))
    assert what_is_refused(published, indices=(over_hidden,)) == {"an index over a hidden row"}
    assert not what_is_refused(published, indices=(replace(over_hidden, is_shown=False),))
    assert not what_is_refused(publish(truth), indices=(over_hidden,))
    assert what_is_refused(publish(truth), indices=(index_of(("asian",), index_id="dissimilarity_asian"),))


def test_the_groups_that_an_index_used_are_known_to_be_large() -> None:
    truth = slice_rows(STOPS, where(), {"black": (9, 0), "white": (100, 0), "asian": (22, 0)})
    published = publish(truth, [where("black"), where("asian")])
    assert not attack(published, truth).leaks
    used = replace(index_of(("asian", "white"), is_shown=False), measure=STOPS)
    # asian is at least 20 of 31, so that black is at most 11 and at least 1; left out it is at most 19
    assert not attack(published, truth, indices=(used,)).leaks
    truth = slice_rows(STOPS, where(), {"black": (9, 0), "white": (100, 0), "asian": (20, 0)})
    assert leaking(attack(publish(truth, [where("black"), where("asian")]), truth, indices=(used,))) == {
        ("stops.numerator", where("black"))
    }


def test_a_goal_over_a_hidden_row_is_refused() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60), "white": (100, 300), "asian": (30, 70)})
    goal = Goal("fewer", True, ((SEARCHED, where("black")), (SEARCHED, where("white"))))
    assert not what_is_refused(publish(truth), goals=(goal,))
    hidden = publish(truth, [where("black"), where("asian")])
    assert what_is_refused(hidden, goals=(goal,)) == {"a goal over a hidden row"}
    assert not what_is_refused(hidden, goals=(replace(goal, is_shown=False),))


def test_the_best_group_is_known_to_be_large() -> None:
    months = {number: {"black": (60, 200), "white": (30, 150), "asian": (60, 150)} for number in range(1, 13)}
    year = {race: (12 * x, 12 * n) for race, (x, n) in months[1].items()}
    slices = {where(): year} | {month(number): counts for number, counts in months.items()}
    truth = [row for at, counts in slices.items() for row in slice_rows(SEARCHED, at, counts, reference="white")]
    knowledge = gather(known(publish(truth, [where("white"), where("asian")])), truth)
    cell = knowledge.cells.get(NUMERATOR, where("white"))
    assert cell is not None
    assert knowledge.cells.lower[cell] == SEARCHED.minimum_n


def test_place_weighted_values_and_other_kinds_are_refused() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60)}, method="place_weighted")
    assert "a place-weighted value over places that are not audited" in what_is_refused(publish(truth))
    wages = measure("sum", "wages")
    row = Row(wages, where(), "individual", CITY, "published", {"value": 1.0}, {})
    assert what_is_refused((row,)) == {"a sum of persons, which no equation here speaks of"}


def test_kinds_of_places_that_cross_are_refused() -> None:
    of_police = where(geography_type="police_district", geography_vintage="2009", geoid="4")
    slices = {district(1): {"black": (50, 0)}, of_police: {"black": (40, 0)}, where(): {"black": (90, 0)}}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    assert what_is_refused(publish(truth)) == {"places that cross (aldermanic_district, police_district)"}
    assert not what_is_refused(publish([row for row in truth if row.where.geography_type != "police_district"]))


def test_a_figure_that_is_not_true_is_reported() -> None:
    truth = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0)})

    def wrong(row: Row) -> Row:
        return row._replace(figures=row.figures | {"numerator": 51.0}) if row.where.race == "black" else row

    found = attack(publish(truth, also=wrong), truth)
    assert {(family, at.race) for family, _, at in found.contradictions} == {("numerators", "black")}


def test_races_beyond_their_total_are_reported() -> None:
    truth = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "all": (140, 0)})
    found = attack(publish(truth), truth)
    assert "races" in {family for family, _, _ in found.contradictions}


def test_a_period_that_is_not_out_may_hold_anything() -> None:
    slices = {month(1): {"black": (30, 0), "white": (50, 0)}, month(2): {"black": (40, 0), "white": (50, 0)}}
    slices[quarter(1)] = {"black": (77, 0), "white": (300, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    found = attack(publish(truth), truth)
    assert {at.period_type for _, at in leaking(found)} == {"(months of the quarter that are not out)"}


def test_an_untold_day_is_not_a_leak() -> None:
    """Where the table is wide open, nothing is found: no rule here fires on everything."""
    truth = slice_rows(SEARCHED, where(), {"black": (60, 200), "white": (50, 300), "declined": (20, 40)}, reference="white")
    found = attack(publish(truth), truth, ledger=publish(truth))
    assert (found.leaks, found.told_before, found.contradictions, found.fractions) == ((), (), (), ())
    assert not what_is_refused(publish(truth))
    assert isinstance(where().period_start, dt.date)


def test_figures_of_an_earlier_day_are_held_against_the_known_races_of_that_day() -> None:
    """A correction waits; a race that is never out has no figure of then, and today's is another one."""
    then = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "asian": (40, 0), "declined": (30, 0)})
    out = [row for row in publish(then) if row.where.race != "asian"]
    mixed = [row if row.where.race != "asian" else row._replace(figures=row.figures | {"numerator": 43.0}) for row in then]
    assert gather(known(out), mixed).contradictions
    assert not gather(known(out), mixed, {(STOPS.numerator, where()): 190.0}).contradictions
