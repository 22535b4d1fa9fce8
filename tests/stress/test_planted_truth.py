"""Coverage and error of every measure over many seeds of planted facts, and the tables of tests/support/truth/measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.empty_warehouse import building_empty
from tests.support.truth import limits, report, town
from tests.support.truth.biases import biases
from tests.support.truth.engine import Engine
from tests.support.truth.evaluation import Evaluation, evaluations
from tests.support.truth.planted import Switches
from tests.support.truth.runs import run_passes


@pytest.fixture(scope="module")
def engine(parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("truth")
    with building_empty(folder / "home", parsed_dbt_folder) as warehouse:
        planted_engine = Engine(warehouse, folder, town.GEOID)
    yield planted_engine
    planted_engine.con.close()


@pytest.fixture(scope="module")
def evaluated(engine: Engine) -> list[Evaluation]:
    run_passes(engine, *report.FULL)
    return evaluations(engine.con)


@pytest.fixture(scope="module")
def few(engine: Engine, evaluated: list[Evaluation]) -> report.Table:
    """The table of groups with few events, from the rows of `evaluated`."""
    assert evaluated
    return report.few_table(engine.con)


@pytest.fixture(scope="module")
def shuffled(engine: Engine, few: report.Table) -> list[Evaluation]:
    """Runs after `few`, because it replaces the rows of `evaluated`."""
    assert few
    run_passes(engine, *report.SHUFFLED, Switches(shuffled=True))
    return evaluations(engine.con, report.UNGAPPED)


def test_every_measure_has_enough_intervals(evaluated: list[Evaluation]) -> None:
    assert not limits.too_few(evaluated)


def test_intervals_hold_the_truth(evaluated: list[Evaluation]) -> None:
    assert not limits.not_covered(evaluated, by_chance=False)


def test_figures_are_right_on_the_average(evaluated: list[Evaluation]) -> None:
    assert not limits.wrong_on_average(evaluated)


def test_equal_groups_have_no_gap(shuffled: list[Evaluation]) -> None:
    assert not limits.gaps_where_none_is(shuffled)


def test_the_stored_tables_are_the_measured_ones(
    engine: Engine, evaluated: list[Evaluation], few: report.Table, shuffled: list[Evaluation]
) -> None:
    """`python -m tests.support.truth.report --write` writes them again."""
    found = {
        "coverage": report.coverage_table(evaluated, shuffled),
        "few": few,
        "bias": report.bias_table(biases(engine, report.SPOILT)),
    }
    assert {name: report.written(table) for name, table in found.items()} == {
        name: (report.MEASURED / f"{name}.csv").read_text(encoding="utf-8") for name in found
    }
