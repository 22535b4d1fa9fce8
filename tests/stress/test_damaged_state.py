"""A run makes landing again whose warehouse and kept batch are lost or damaged; no command ends in a traceback."""

from __future__ import annotations

import os

import duckdb
import pytest

from tests.e2e.conftest import Place
from tests.e2e.test_damaged_state import DAMAGE, IN_CI, SOURCE, damage_file, no_command_ends_in_a_traceback


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "damaged"])
def test_a_run_makes_landing_again_though_a_kept_batch_is_damaged(place: Place, is_lost: bool) -> None:
    """The same delivery is still in its folder. The loss of the batch counted as the failure of the run, without a reason."""
    warehouse = place.home / "warehouse.duckdb"
    if is_lost:
        warehouse.unlink()
    else:
        damage_file(warehouse, os.urandom(10_000))
    damage_file(next((place.home / "deliveries" / SOURCE).glob("*/batch.parquet")), os.urandom(300))
    report = place.run(expect=0)
    assert report["outcome"] == "unchanged"
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.execute(f"select count(*) from landing.{SOURCE}").fetchall() == [(900,)]


@pytest.mark.parametrize("kind", [kind for kind in DAMAGE if kind not in IN_CI])
def test_no_command_ends_in_a_traceback(place: Place, kind: str) -> None:
    no_command_ends_in_a_traceback(place, kind)
