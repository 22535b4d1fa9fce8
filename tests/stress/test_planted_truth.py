"""Coverage and error of every measure over many seeds of planted facts, and the tables of docs/methods.md that tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.empty_warehouse import building_empty
from tests.support.truth import limits, report, town
from tests.support.truth.biases import biases
from tests.support.truth.engine import Engine
from tests.support.truth.judge import Verdict, verdicts
from tests.support.truth.planted import Switches
from tests.support.truth.runs import run_passes


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("truth")
    with building_empty(folder / "home") as warehouse:
        made = Engine(warehouse, folder, town.GEOID)
    yield made
    made.con.close()


@pytest.fixture(scope="module")
def judged(engine: Engine) -> list[Verdict]:
    run_passes(engine, *report.FULL)
    return verdicts(engine.con)


@pytest.fixture(scope="module")
def few(engine: Engine, judged: list[Verdict]) -> report.Table:
    """The table of groups with few events, from the rows of `judged`."""
    assert judged
    return report.few_table(engine.con)


@pytest.fixture(scope="module")
def shuffled(engine: Engine, few: report.Table) -> list[Verdict]:
    """Runs after `few`, because it replaces the rows of `judged`."""
    assert few
    run_passes(engine, *report.SHUFFLED, Switches(shuffled=True))
    return verdicts(engine.con, report.UNGAPPED)


def test_every_measure_has_enough_intervals(judged: list[Verdict]) -> None:
    assert not limits.too_few(judged)


def test_intervals_hold_the_truth(judged: list[Verdict]) -> None:
    assert not limits.not_covered(judged, by_chance=False)


def test_figures_are_right_on_the_average(judged: list[Verdict]) -> None:
    assert not limits.wrong_on_average(judged)


def test_there_is_no_gap_between_groups_that_differ_in_nothing(shuffled: list[Verdict]) -> None:
    assert not limits.gaps_where_none_is(shuffled)


def test_the_document_says_what_is_measured(
    engine: Engine, judged: list[Verdict], few: report.Table, shuffled: list[Verdict]
) -> None:
    """`python -m tests.support.truth.report --write` writes it anew."""
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert report.put(text, "coverage", report.coverage_table(judged, shuffled)) == text
    assert report.put(text, "few", few) == text
    assert report.put(text, "bias", report.bias_table(biases(engine, report.SPOILT))) == text
