"""The sample's labor force, read again without the generator's help."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.people.census import LABOR_FORCE, labor_force

SEED = Path(__file__).resolve().parents[5] / "dbt_project" / "seeds" / "reference" / "census_concepts.csv"


def test_lines_sum_to_the_total_and_lie_off_the_truth_as_a_sample_does(tmp_path: Path) -> None:
    claim = labor_force.write(tmp_path, np.random.default_rng(11))
    with (tmp_path / "labor_force.csv").open(encoding="ascii", newline="") as file:
        codes, labels, *rows = csv.reader(file)
    assert [row[1] for row in rows] == ["9900001", "99001"]
    assert len(rows) == claim.delivered
    assert len(codes) == len(labels)
    for times, row in zip((1, 1.8), rows, strict=True):
        estimates, margins = ([int(value) for value in row[start::2]] for start in (3, 4))
        assert estimates[0] == sum(estimates[1:])
        errors = [margin / 1.645 for margin in margins[1:]]
        assert abs(margins[0] - 1.645 * np.linalg.norm(errors)) < 5
        off = [estimate - times * people for estimate, people in zip(estimates[1:], LABOR_FORCE.values(), strict=True)]
        assert any(off)
        assert all(abs(distance) < 4 * error for distance, error in zip(off, errors, strict=True))
    with SEED.open(encoding="utf-8", newline="") as file:
        concepts = [row for row in csv.DictReader(file) if row["concepts"] == "acs_labor_force"]
    assert labels[3::2] == [row["label"] for row in concepts]
    assert labels[4::2] == [row["margin_label"] for row in concepts]
