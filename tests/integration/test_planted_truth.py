"""Every measure finds what was planted: the measure models alone, over facts drawn from known values (ADR 34).

All measures over few seeds. See tests/stress/test_planted_truth.py for exact coverage and for groups that differ in nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from orchestration.settings import DBT_PROJECT
from tests.support.empty_warehouse import EmptyWarehouse
from tests.support.truth import limits, town
from tests.support.truth.engine import Engine
from tests.support.truth.evaluation import Evaluation, evaluations
from tests.support.truth.runs import planted_measures, run_passes
from tests.support.truth.worlds import UNPLANTED

pytestmark = pytest.mark.xdist_group("dbt")

SEEDS = 8


@pytest.fixture(scope="module")
def engine(empty_warehouse: EmptyWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    planted_engine = Engine(empty_warehouse, tmp_path_factory.mktemp("truth"), town.GEOID)
    yield planted_engine
    planted_engine.con.close()


@pytest.fixture(scope="module")
def evaluated(engine: Engine) -> list[Evaluation]:
    run_passes(engine, 1, SEEDS)
    return evaluations(engine.con)


def registered() -> set[str]:
    with (DBT_PROJECT / "seeds" / "reference" / "measure_registry.csv").open(encoding="utf-8", newline="") as file:
        return {row["measure_id"] for row in csv.DictReader(file)}


def test_each_measure_has_a_world_or_a_reason() -> None:
    both = planted_measures() & set(UNPLANTED)
    assert not both, f"take the reason out of tests/support/truth/worlds/__init__.py: {sorted(both)} have a world"
    silent = registered() - planted_measures() - set(UNPLANTED)
    assert not silent, (
        f"plant facts of {sorted(silent)} in a module of tests/support/truth/worlds, or give the reason in UNPLANTED"
    )
    unknown = (planted_measures() | set(UNPLANTED)) - registered()
    assert not unknown, f"no measure of the registry: {sorted(unknown)}"


def test_each_world_is_measured(evaluated: list[Evaluation]) -> None:
    found = {evaluation.measure_id for evaluation in evaluated}
    assert found >= planted_measures()
    lost = [f"{v.measure_id}: {v.figures} of {v.truths}" for v in evaluated if v.what == "value" and v.figures < 0.99 * v.truths]
    assert not lost, f"truths without a value: {lost}"


def test_values_ratios_and_differences_are_right_on_the_average(evaluated: list[Evaluation]) -> None:
    assert not limits.wrong_on_average(evaluated)


def test_intervals_hold_the_truth(evaluated: list[Evaluation]) -> None:
    assert sum(evaluation.intervals for evaluation in evaluated) > limits.INTERVALS
    assert not limits.not_covered(evaluated, by_chance=True)


def test_each_kind_of_interval_holds_the_truth(engine: Engine, evaluated: list[Evaluation]) -> None:
    """Of all measures together: sharper than a measure alone over few seeds."""
    kinds = [
        evaluation
        for evaluation in evaluations(engine.con, "ci_method is not null", "ci_method, method")
        if evaluation.what == "value"
    ]
    assert {evaluation.measure_id for evaluation in kinds} >= {
        "wilson", "byar", "exact_poisson", "log_moe", "weighted_normal", "order_statistics", "brookmeyer_crowley", "as_delivered",
        "as_delivered_moe",
    }  # fmt: skip
    assert not limits.not_covered(kinds, by_chance=True)
