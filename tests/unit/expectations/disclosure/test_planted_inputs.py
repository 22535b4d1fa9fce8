"""A leak is planted for each class of input. The attack finds it, and does not without that input: so it is what finds it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from expectations.disclosure import forbidden_disclosures
from expectations.disclosure.audit import run_audit
from expectations.disclosure.equations import attacker_model, sum_equations
from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.equations.figure_equations import FigureEquations
from expectations.disclosure.inputs.audit_inputs import Goal, Index, MedianRecords, Published, Row
from tests.unit.expectations.disclosure.world import CITY, leaking, measure, publish, published_rows, slice_rows, where

STAFF = measure("composition", "staff", numerator="positions", denominator="positions")
PAY = measure("median", "pay", records="paid", denominator=None)
SEARCHED, STOPS = measure("proportion", "searched"), measure("composition", "stops", numerator="stops", denominator="stops")
THEME = measure("count", "engagement_responses.inputs_count", numerator="engagement_inputs", denominator=None)
ANSWER = measure("count", "engagement_responses.adopted_count", numerator="adopted", denominator=None)
WORDS = {"value_status": "computed", "reliability": "reliable"}
Found = set[str]


def _leaks(out: Published, truth: list[Row], medians: MedianRecords | None = None) -> Found:
    return {f"{records} {at.race}" for records, at in leaking(run_audit(build_attacker_model(out, truth, medians=medians)))}


def _refused(out: Published) -> Found:
    return {found.what for found in forbidden_disclosures.forbidden_disclosures(out)}


def pay_strata() -> Found:
    """Two levels of pay have 20 asian positions each, so that 43 and 7 hidden positions are at least 40 and at most 10."""
    truth = slice_rows(STAFF, where(), {"black": (7, 0), "white": (400, 0), "asian": (43, 0)})
    levels = [where("asian", stratum_type="eeo4_level", stratum_code=code) for code in ("1", "2")]
    medians = [Row(PAY, at, "individual", CITY, "published", {"value": 50_000.0}, WORDS) for at in levels]
    hidden = Row(PAY, where("asian"), "individual", CITY, "suppressed", {}, {"value_status": "computed"})
    out = published_rows([*publish(truth, [where("black"), where("asian")]), *medians, hidden], subsets=[("paid", "positions")])
    records = {(PAY, levels[0]): 21.0, (PAY, levels[1]): 22.0, (PAY, where("asian")): 43.0}
    return _leaks(out, truth, MedianRecords(records))


def pay_of_nearly_all() -> Found:
    """A reliable median is of 20 or more, so that at most 2 of 22 have no pay."""
    truth = slice_rows(STAFF, where(), {"black": (22, 0), "white": (400, 0)})
    median = Row(PAY, where("black"), "individual", CITY, "published", {"value": 50_000.0}, WORDS)
    out = published_rows([*publish(truth), median], subsets=[("paid", "positions")])
    return _leaks(out, truth, MedianRecords({(PAY, where("black")): 20.0}))


def _themes(counts: dict[str, int], hidden: tuple[str, ...]) -> tuple[Published, list[Row]]:
    truth = slice_rows(replace(THEME, measure_id="inputs"), where(), {"all": (sum(counts.values()), 0)})
    for theme, number in counts.items():
        truth += slice_rows(THEME, where(stratum_type="engagement_theme", stratum_code=theme), {"all": (number, 0)})
    return published_rows(publish(truth, [row.where for row in truth if row.where.stratum_code in hidden])), truth


def hiding_order() -> Found:
    """The hidden themes hold 20 together, and the smallest shown holds 11: so the smaller of them holds 9 or more."""
    return _leaks(*_themes({"jobs": 9, "parks": 11, "roads": 11, "other": 60}, ("jobs", "parks")))


def engagement_responses() -> Found:
    """One theme is hidden, and the total is not: it is the rest."""
    return _leaks(*_themes({"jobs": 9, "parks": 25, "roads": 40}, ("jobs",)))


def reliability_words() -> Found:
    """A reliable row reveals that at least 90 % are of known race: at most 10 of 100 are not."""
    truth = slice_rows(STOPS, where(), {"black": (40, 0), "white": (55, 0), "declined": (5, 0)})
    hidden, unknown = [where("black"), where("declined")], [where()]
    assert not _leaks(published_rows(publish(truth, hidden, unknown_hidden=unknown, also=_without_reliability)), truth)
    return _leaks(published_rows(publish(truth, hidden, unknown_hidden=unknown)), truth)


def _without_reliability(row: Row) -> Row:
    return row._replace(words={name: word for name, word in row.words.items() if name != "reliability"})


def _hidden_searches() -> Published:
    truth = slice_rows(SEARCHED, where(), {"black": (25, 60), "white": (100, 300), "asian": (30, 70)})
    return published_rows(publish(truth, [where("black"), where("asian")]))


def goal_status() -> Found:
    """Met or not is a word about hidden figures."""
    goals = tuple(Goal(SEARCHED, where(race), is_shown=True) for race in ("black", "white"))
    return _refused(replace(_hidden_searches(), goals=goals))


def disparity_indices() -> Found:
    """The index used asian, which so has 20 or more of the 29 hidden: black has at most 9."""
    truth = slice_rows(STOPS, where(), {"black": (9, 0), "white": (100, 0), "asian": (20, 0)})
    index = Index(STOPS, where(), "individual", "theil_index", False, ("asian", "white"), ())
    return _leaks(published_rows(publish(truth, [where("black"), where("asian")]), indices=[index]), truth)


def pooled_periods() -> Found:
    """The year that is hidden is the pool less the two that are not."""
    years = [
        {"black": (30, 100), "white": (40, 300)},
        {"black": (20, 100), "white": (4, 300)},
        {"black": (25, 100), "white": (50, 300)},
    ]
    pool = {race: (sum(year[race][0] for year in years), sum(year[race][1] for year in years)) for race in ("black", "white")}
    at = [where(period_start=dt.date(2020 + step, 1, 1)) for step in range(3)]
    truth = [row for place, year in zip(at, years, strict=True) for row in slice_rows(SEARCHED, place, year)]
    truth += slice_rows(SEARCHED, where(period_type="3_year", period_start=dt.date(2020, 1, 1)), pool)
    return _leaks(published_rows(publish(truth, {at[1]._replace(race=race) for race in ("white", "black", "all")})), truth)


def published_bounds() -> Found:
    """Low and high bound differ by the records of unknown race."""
    truth = slice_rows(STOPS, where(), {"black": (40, 0), "white": (300, 0), "declined": (4, 0)})

    def without_known_share(row: Row) -> Row:
        figures = {name: figure for name, figure in row.figures.items() if name != "known_race_pct"}
        return row._replace(figures=figures, words={"value_status": "computed"})

    return _leaks(published_rows(publish(truth, [where("declined"), where("white")], also=without_known_share)), truth)


def comparison_with_other_cities() -> Found:
    return _refused(replace(published_rows(()), compared=((SEARCHED, where("black")),)))


Plant = tuple[Callable[[], Found], Found, object, str]
PLANTS: list[Plant] = [
    (pay_strata, {"positions black"}, sum_equations, "_stratum_sums"),
    (pay_of_nearly_all, {"positions but paid black"}, FigureEquations, "add_word_bounds"),
    (hiding_order, {"engagement_inputs all"}, attacker_model, "add_hiding_order"),
    (engagement_responses, {"engagement_inputs all"}, sum_equations, "_stratum_sums"),
    (reliability_words, {"stops declined"}, FigureEquations, "add_word_bounds"),
    (goal_status, {"a goal over a hidden row"}, forbidden_disclosures, "_of_goals"),
    (disparity_indices, {"stops black"}, attacker_model, "_indices"),
    (pooled_periods, {"searched.numerator white"}, sum_equations, "period_sums"),
    (published_bounds, {"stops declined"}, FigureEquations, "_bounds"),
]


@pytest.mark.parametrize(("plant", "found", "module", "function"), PLANTS, ids=[plant[0].__name__ for plant in PLANTS])
def test_a_planted_leak_is_found_by_the_input_that_reveals_it(
    plant: Callable[[], Found], found: Found, module: object, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found <= plant()
    monkeypatch.setattr(module, function, lambda *_args, **_options: iter(()))
    assert not found & plant()


def test_a_comparison_of_persons_with_other_cities_is_refused() -> None:
    assert comparison_with_other_cities() == {"a comparison with other cities, for which the audit has no equation"}
