"""No text that the public reads has an internal code: those of known issues are for staff (docs/data_issues.md)."""

from __future__ import annotations

import re

import yaml

from orchestration.settings import DBT_PROJECT
from tests.contract.registers import contracts, seed

CODE = re.compile(r"\b[A-Z]{3}-\d{2}\b")
# Seeds whose texts are columns of the public file; of texts_* every row is.
SEEDS = (
    "measure_registry", "series_breaks", "scorecard_measures", "goals", "strata", "departments", "race_ethnicity",
    "texts_en", "texts_es", "texts_hmn",
)  # fmt: skip


def test_no_seed_of_public_texts_has_a_code() -> None:
    found = [(name, next(iter(row.values())), CODE.findall(" ".join(row.values()))) for name in SEEDS for row in seed(name)]
    assert len(found) > 1000
    wrong = [one for one in found if one[2]]
    assert not wrong, f"say it in words; known_data_issues.csv has the code with its source: {wrong}"


def test_no_text_says_that_nothing_is_clear_or_how_often_chance_is_right() -> None:
    """What is not compared is not alike, and a range of repeated events or of a model holds less than its nominal share."""
    said = re.compile(r"\bno clear|(?:sin|no hay)\b.*\b(?:diferencia|respuesta) clara|txawv meej|\b95\b", re.IGNORECASE)
    rows = [row for name in ("texts_en", "texts_es", "texts_hmn") for row in seed(name)]
    assert [row["text_id"] for row in rows if said.search(row["text"])] == []


def test_no_source_is_described_by_a_code() -> None:
    wrong = [
        contract.source
        for contract in contracts()
        if CODE.search(" ".join((contract.title, contract.grain, contract.platform, contract.steward.team)))
    ]
    assert not wrong, f"title, grain, platform and team of a contract are public: {wrong}"


def test_no_comment_of_a_public_column_has_a_code_or_a_figure_of_the_sample() -> None:
    models = DBT_PROJECT / "models"
    published = models / "published" / "tables" / "_published__models.yml"
    columns = [
        column["description"]
        for model in yaml.load(published.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
        for column in model["columns"]
    ]
    described = [*columns, *(models / "_columns.md").read_text(encoding="utf-8").split("{% enddocs %}")]
    assert not [text for text in described if CODE.search(text)]
    # the files of a release are of one city: a figure of the sample city is none of it
    every = "".join(path.read_text(encoding="utf-8") for path in models.rglob("*__models.yml"))
    assert not re.findall(r"In the sample city[^\n]*\d", every)
