"""Measure the effects of censoring, suppression at source and unknown race on the figures, each switched on and off.

Add a scenario here, or a naive figure that a report would show if it ignored the missing data. See `planted` for the switches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.truth.engine import Engine
from tests.support.truth.evaluation import Evaluation, evaluations
from tests.support.truth.planted import Switches
from tests.support.truth.runs import run_passes

_OF_PERSONS = ("labor", "lead_tests", "staff", "stops", "survey")


@dataclass(frozen=True)
class Scenario:
    """One kind of missing data in the facts of some worlds."""

    title: str
    worlds: tuple[str, ...]
    switches: Switches
    measures: tuple[str, ...]
    group: str | None = None  # the group whose figures count, if not all groups'


@dataclass(frozen=True)
class Bias:
    """The figures of a measure from complete and from incomplete facts: of its values and of its ratios."""

    title: str
    is_of_race: bool  # whether race is missing
    measure_id: str
    off: dict[str, Evaluation]
    on: dict[str, Evaluation]
    naive: float | None  # mean error, in percent, of a report that ignores the missing data

    @property
    def without_value(self) -> float:
        """The percentage of truths without a figure where data are missing."""
        return 100 * (1 - (self.on["value"].figures / self.on["value"].truths if "value" in self.on else 0))


SCENARIOS = (
    Scenario(
        "race unknown for 20 % of the records, at random",
        _OF_PERSONS,
        Switches(unknown=0.20),
        (
            "stops_by_race", "stops_searched_share", "workforce_composition", "pay_median", "positions_per_1000_labor_force",
            "children_elevated_lead_share", "survey_satisfied_share",
        ),
    ),
    Scenario(
        "race unknown for 25 % of those with the outcome, for 10 % of the others",
        _OF_PERSONS,
        Switches(unknown=0.10, unknown_if_outcome=0.25),
        ("stops_searched_share", "pay_median", "children_elevated_lead_share", "survey_satisfied_share"),
    ),
    Scenario(
        "cells of fewer than 10 students with the outcome starred; the smallest group",
        ("schools",),
        Switches(starred_below=10, starred_outcomes_below=10),
        ("chronic_absence_rate", "completion_rate", "discipline_removals_per_1000"),
        group="asian",
    ),
    Scenario("followed for 45 days", ("requests",), Switches(follow_up_days=45), ("request_days_to_close_median",)),
    Scenario("followed for 2 days", ("requests",), Switches(follow_up_days=2), ("request_days_to_close_median",)),
)  # fmt: skip

# The figures of a report that takes closed records for all, and the remaining cells for the whole district.
_OF_THE_CLOSED = """
    select
        evaluated.truth, evaluated.race_ethnicity_code,
        median(date_diff('day', facts.service_request_at, facts.closed_at)) as naive
    from evaluated
    inner join release.marts.fct_service_requests as facts
        on evaluated.geoid = facts.aldermanic_district_geoid
        and evaluated.period_start = date_trunc('quarter', facts.occurred_on)
    where evaluated.measure_id = 'request_days_to_close_median' and facts.closed_at is not null
    group by evaluated.truth, evaluated.race_ethnicity_code, evaluated.geoid, evaluated.period_start
"""
_OF_WHAT_IS_LEFT = """
    select evaluated.truth, evaluated.race_ethnicity_code, {unit} * sum({outcome}) / sum(facts.students_count) as naive
    from evaluated
    inner join release.marts.{fact} as facts
        on evaluated.geoid = facts.school_district_geoid
        and evaluated.period_start = facts.period_start
        and evaluated.race_ethnicity_code = facts.race_ethnicity_code
    where evaluated.measure_id = '{measure}' and facts.{kind} and facts.value_status = 'computed'
    group by evaluated.truth, evaluated.race_ethnicity_code, evaluated.geoid, evaluated.period_start
"""
_NAIVE = {"request_days_to_close_median": _OF_THE_CLOSED} | {
    measure: _OF_WHAT_IS_LEFT.format(measure=measure, fact=fact, kind=kind, outcome=outcome, unit=unit)
    for measure, fact, kind, outcome, unit in (
        (
            "chronic_absence_rate",
            "fct_student_outcomes",
            "metric = 'chronic_absenteeism'",
            "facts.outcome_pct * facts.students_count",
            1,
        ),
        ("completion_rate", "fct_student_outcomes", "metric = 'hs_completion'", "facts.diplomas_count", 100),
        ("discipline_removals_per_1000", "fct_school_removals", "category = 'all'", "facts.removals_count", 1_000),
    )
}


def biases(engine: Engine, seeds: int) -> Iterator[Bias]:
    """Each measure of each scenario, off and on, over the same draws where possible."""
    for scenario in SCENARIOS:
        off = _figures(engine, seeds, Switches(), scenario)
        on = _figures(engine, seeds, scenario.switches, scenario)
        for measure in scenario.measures:
            yield Bias(
                scenario.title,
                scenario.switches.unknown > 0,
                measure,
                off[measure],
                on.get(measure, {}),
                _naive(engine, measure, scenario),
            )


def _figures(engine: Engine, seeds: int, switches: Switches, scenario: Scenario) -> dict[str, dict[str, Evaluation]]:
    run_passes(engine, 1, seeds, switches, scenario.worlds)
    out: dict[str, dict[str, Evaluation]] = {}
    for evaluation in evaluations(engine.con, _whom(scenario)):
        out.setdefault(evaluation.measure_id, {})[evaluation.what] = evaluation
    return out


def _naive(engine: Engine, measure: str, scenario: Scenario) -> float | None:
    if measure not in _NAIVE:
        return None
    sql = f"select 100 * avg(naive / truth - 1) from ({_NAIVE[measure]}) where {_whom(scenario)}"
    (error,) = engine.con.execute(sql).fetchone() or (None,)
    return error


def _whom(scenario: Scenario) -> str:
    return f"race_ethnicity_code = '{scenario.group}'" if scenario.group else "true"
