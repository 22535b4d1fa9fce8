"""Labels of race that a vocabulary lacks get proposed rows in a layer, next to all rows that the vocabulary has."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingest.contract.vocabularies import read_labels
from ingest.layers import Layer, layered_seed
from orchestration.codegen.draft_source import write_label_rows
from orchestration.settings import SHARED_SEEDS
from orchestration.stewardship.audit_delivery import CROSSWALK

LABELS = ("White", "Black", "Hispanic or Latino", "Martian")


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    return Layer("springfield", tmp_path / "springfield")


def test_a_label_of_another_vocabulary_is_proposed_and_an_unknown_one_is_not(layer: Layer) -> None:
    shared = layered_seed(CROSSWALK, SHARED_SEEDS, [])
    before = read_labels(shared)["police_observed"]
    path, proposed, left = write_label_rows(layer.folder, shared, "police_observed", LABELS)
    assert (proposed, left) == (1, 1)
    after = read_labels(layered_seed(CROSSWALK, SHARED_SEEDS, [layer]))
    assert after["police_observed"] == before | {"Hispanic or Latino"}, "no label of the vocabulary is lost"
    assert after["eeo4_hr"] == read_labels(shared)["eeo4_hr"]
    with path.open(newline="") as file:
        row = list(csv.DictReader(file))[-1]
    assert (row["race_ethnicity_code"], row["race_ethnicity_set"]) == ("hispanic", "hispanic")
    assert row["note"].startswith("Proposed: as in ")


def test_a_person_adds_to_all_rows_of_the_vocabulary(layer: Layer) -> None:
    shared = layered_seed(CROSSWALK, SHARED_SEEDS, [])
    path, proposed, left = write_label_rows(layer.folder, shared, "police_observed", ("White", "Martian"))
    assert (proposed, left) == (0, 1)
    after = read_labels(layered_seed(CROSSWALK, SHARED_SEEDS, [layer]))
    assert path.exists() and after["police_observed"] == read_labels(shared)["police_observed"]


def test_a_second_source_adds_to_the_rows(layer: Layer) -> None:
    path, _, _ = write_label_rows(layer.folder, layered_seed(CROSSWALK, SHARED_SEEDS, []), "police_observed", LABELS)
    first = path.read_text()
    layered = layered_seed(CROSSWALK, SHARED_SEEDS, [layer])
    _, proposed, _ = write_label_rows(layer.folder, layered, "police_observed", (*LABELS, "Pacific Islander"))
    assert proposed == 1 and path.read_text().startswith(first)
    assert path.read_text().count("Hispanic or Latino") == first.count("Hispanic or Latino")


def test_known_labels_write_nothing(layer: Layer) -> None:
    crosswalk = layered_seed(CROSSWALK, SHARED_SEEDS, [])
    path, proposed, left = write_label_rows(layer.folder, crosswalk, "police_observed", ("white",))
    assert (proposed, left) == (0, 0) and not path.exists()
