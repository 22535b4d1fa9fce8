"""Known ways in which a table identifies a person, each found, and the same table hidden well enough.

Here: one pattern a test, as small as it can be. Not here: how intervals are computed (`test_intervals`), random tables
(`test_random`).
"""

from __future__ import annotations

from dataclasses import replace

from expectations.disclosure.equations.cells import IN_COMBINATION, LEFT_OUT_KNOWN, UNPLACED
from expectations.disclosure.forbidden_disclosures import forbidden_disclosures
from expectations.disclosure.inputs.audit_inputs import CellKey, Row
from tests.unit.expectations.disclosure.world import (
    CITY,
    attack,
    district,
    leaked_bounds,
    leaking,
    measure,
    month,
    publish,
    published_rows,
    quarter,
    slice_rows,
    where,
)

STOPS = measure("composition", "stops")


SEARCHED = measure("proportion", "searched")


VISITS = measure("rate", "visits")


NUMERATOR, DENOMINATOR, COMPLEMENT = "searched.numerator", "searched.denominator", "searched.denominator but searched.numerator"


def what_is_refused(published: tuple[Row, ...], **also: object) -> set[str]:
    return {disclosure.what for disclosure in forbidden_disclosures(replace(published_rows(published), **also))}


def test_a_single_hidden_race_is_the_total_less_the_others() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0)})
    found = attack(publish(truth, [where("black")]), truth)
    assert leaked_bounds(found) == [("black", 5, 5)]
    assert not attack(publish(truth, [where("black"), where("asian")]), truth).leaks


def test_two_hidden_cells_share_what_is_left_and_that_may_be_too_little() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (4, 0), "hispanic": (100, 0)})
    found = attack(publish(truth, [where("black"), where("asian")]), truth)
    # together 9, and each is at least 1
    assert leaked_bounds(found) == [("black", 1, 8), ("asian", 1, 8)]


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
    assert leaked_bounds(found) == [("asian", 6, 6)]
    assert not attack(publish(truth, [*wheres, district(4, "white"), district(4, "black")]), truth).leaks


def test_a_month_is_its_quarter_less_the_other_months() -> None:
    black = {1: 30, 2: 40, 3: 7}
    slices = {month(number): {"black": (count, 0), "white": (100, 0)} for number, count in black.items()}
    slices[quarter(1)] = {"black": (77, 0), "white": (300, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [month(3, "black"), month(3, "white")]
    assert ("stops.numerator", month(3, "black")) in leaking(attack(publish(truth, hidden), truth))
    hidden += [month(2, "black"), month(2, "white")]
    assert not attack(publish(truth, hidden), truth).leaks


def test_months_reveal_a_year_without_a_published_quarter() -> None:
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
    assert {(low, high) for _, low, high in leaked_bounds(found)} == {(4, 4)}


def test_the_geocoded_share_reveals_the_records_without_a_place() -> None:
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
    def school(name: str, race: str = "all") -> CellKey:
        return where(race, geography_type="school", geoid=f"NORTH/{name}")

    above = where(geography_type="school_district", geoid="NORTH")
    slices = {school("A"): {"black": (6, 0), "white": (60, 0)}, school("B"): {"black": (40, 0), "white": (60, 0)}}
    slices[above] = {"black": (46, 0), "white": (120, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    hidden = [school("A", "black"), school("A", "white")]
    assert ("stops.numerator", school("A", "black")) in leaking(attack(publish(truth, hidden), truth))


def test_few_who_do_not_are_as_telling_as_few_who_do() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (58, 60), "white": (100, 300), "asian": (30, 70)})
    assert leaking(attack(publish(truth), truth)) == {(COMPLEMENT, where("black"))}
    assert not attack(publish(truth, [where("black"), where("white")]), truth).leaks


def test_few_who_were_counted_at_all_are_hidden_too() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (0, 6), "white": (100, 300), "asian": (30, 70)})
    assert leaking(attack(publish(truth), truth)) == {(DENOMINATOR, where("black")), (COMPLEMENT, where("black"))}


def test_a_starred_cell_is_not_revealed_by_the_cells_that_the_source_shows() -> None:
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
    assert leaked_bounds(found) == [("asian", 7, 7)]
    assert not attack(publish(starred, [where("hispanic")], also=star), starred).leaks


def test_persons_of_several_races_are_not_revealed_by_two_tabulations() -> None:
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


def test_ways_of_answering_add_up_to_an_item() -> None:
    survey = measure("proportion", "satisfied")

    def answered(code: str, race: str = "all") -> CellKey:
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
    def of(code: str, race: str = "all") -> CellKey:
        return where(race, stratum_type="sex", stratum_code=code)

    slices = {of("female"): {"black": (30, 50)}, of("male"): {"black": (25, 50)}, where(): {"black": (59, 112)}}
    truth = [row for at, counts in slices.items() for row in slice_rows(SEARCHED, at, counts)]
    found = {(name, at.stratum_code) for name, at in leaking(attack(publish(truth), truth))}
    assert (NUMERATOR, "(no stratum)") in found


def test_offences_overlap_and_do_not_add_up() -> None:
    def of(code: str) -> CellKey:
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


def test_a_reader_knows_that_a_remainder_is_always_zero() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (0, 0), "hispanic": (40, 0)})
    found = attack(publish([row for row in truth if row.where.race != "asian"], [where("black")]), truth)
    assert leaking(found) == {("stops.numerator", where("black"))}


def test_zeros_are_hidden_where_the_agreement_requires_it() -> None:
    counts = {"black": (0, 40), "white": (100, 300), "asian": (30, 70)}
    truth = slice_rows(SEARCHED, where(), counts)
    assert not attack(publish(truth), truth).leaks
    strict = replace(SEARCHED, hides_zeros=True)
    truth = slice_rows(strict, where(), counts)
    assert (NUMERATOR, where("black")) in leaking(attack(publish(truth), truth))


def test_place_weighted_and_adjusted_values_and_other_kinds_are_refused() -> None:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60)}, method="place_weighted")
    assert "a place-weighted value over places that are not audited" in what_is_refused(publish(truth))
    truth = slice_rows(SEARCHED, where(stratum_type="adjustment", stratum_code="us2000"), {"black": (25, 60)})
    assert "an adjusted rate of persons, for which the audit has no equation" in what_is_refused(publish(truth))
    wages = measure("sum", "wages")
    row = Row(wages, where(), "individual", CITY, "published", {"value": 1.0}, {})
    assert what_is_refused((row,)) == {"a sum of persons, for which the audit has no equation"}


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
