"""The sample's resident survey, read again without the generator's help."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest

from ingest.sample.people import survey


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("survey")
    survey.survey.write(folder, np.random.default_rng(11))
    with (folder / "resident_survey_fy2026.csv").open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def test_160_answers_each(rows: list[dict[str, str]]) -> None:
    assert {len(row) for row in rows} == {160}
    assert len({row["id"] for row in rows}) == len(rows) == survey.RESPONDENTS
    assert {row["quarte"] for row in rows} == {"1QSEP2025"}
    assert {row["method"] for row in rows} == {"Web", "Mail", "Phone"}


def test_each_kind_of_question_has_its_own_way_of_no_answer(rows: list[dict[str, str]]) -> None:
    assert {row["q1_01"] for row in rows} == set("123459")
    assert {row["q31_22"] for row in rows} == set("129")
    assert {row["q26_02"] for row in rows} == set("12349")
    assert {row["q22_01"] for row in rows} == {"Y", "NA"}
    assert "99" in {row["q4_01"] for row in rows} - {"NA"}
    assert "NA" in {row["q4_02"] for row in rows} - {"99"}
    assert {row["q39_w"] for row in rows} == {"NA", *"1234"}


def test_race_is_in_the_words_of_the_real_one_with_write_ins(rows: list[dict[str, str]]) -> None:
    answers = Counter(row["q37_race"] for row in rows)
    assert set(answers) == set(survey.ASKED)
    assert answers["White"] > answers["Black/African American"] > answers["Hispanic"]
    written = {row["q37x5"] for row in rows}
    assert "NA" in written
    assert len(written) == 6
