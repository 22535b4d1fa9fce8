"""The parts of a fact keep their names while what decides their rows stays; the fact selects them and computes what they lack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jinja2
import pytest

from ingest.landing import Partition
from orchestration.transform.fingerprints import Fingerprints
from orchestration.transform.rowwise.build_facts import part_fingerprint, select_parts
from tests.unit.orchestration.transform.test_fingerprints import CALLS, INDEX, MODEL, another, before  # noqa: F401 - a fixture

FACT = MODEL + "fct_calls"
PARTITION = Partition(3, 10, "10:123")


def test_a_new_load_and_a_later_end_of_data_leave_the_parts_of_other_rows(before: Fingerprints) -> None:  # noqa: F811
    known = part_fingerprint(before, FACT, PARTITION)
    loads, end = {CALLS: [("one", 1), ("two", 2)], INDEX: [("all", 1)]}, {CALLS: "calls until today", INDEX: "index"}
    night = another(before, loads=loads, contract_rows=end)
    assert part_fingerprint(night, FACT, replace(PARTITION, number=4)) == known
    assert part_fingerprint(night, FACT, replace(PARTITION, fingerprint="10:124")) != known
    other_terms = another(before, agreement_rows={CALLS: "followed for 9 days", INDEX: "index"})
    assert part_fingerprint(other_terms, FACT, PARTITION) != known


@pytest.mark.parametrize("of_view", [{}, {"followed_until_at": "followed_until('calls', 'called_at')"}])
def test_a_fact_selects_its_parts_once_and_computes_the_columns_of_the_view(of_view: dict[str, str], tmp_path: Path) -> None:
    merged = str(tmp_path / "{{ one }}.parquet")
    code = select_parts({"config": {"meta": {"view_columns": of_view}}}, [merged, merged])
    sql = jinja2.Template(code).render(followed_until=lambda source, start: f"{start} + {source}")
    computed = ', called_at + calls as "followed_until_at"' if of_view else ""
    assert sql == f"select *{computed} from read_parquet(['{merged}'], hive_partitioning = false)"
