"""Every table of a release has readers: by contracts, by the meta of its model, or explicitly the data team alone."""

from __future__ import annotations

import pytest

from ingest.city import AUDIENCES
from ingest.contract import FIGURES, TEAM, Contract
from ingest.contract.registry import read_contract
from ingest.layers import CITIES, STATES
from orchestration.transform.released_columns import LINEAGE
from tests.contract.registers import contracts, shared_models

LAYERS = sorted([*CITIES.glob("*/sources/*.yml"), *STATES.glob("*/sources/*.yml")])
ALL = [*contracts(), *(read_contract(path) for path in LAYERS)]
RELEASED = [model for model in shared_models().values() if model.folder.startswith(("marts", "quality"))]


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: f"{contract.source}-{contract.jurisdiction}")
def test_a_contract_names_its_audience(contract: Contract) -> None:
    assert contract.audience in (*AUDIENCES, FIGURES, TEAM)
    assert (contract.audience == FIGURES) == (contract.statistical_unit == "aggregate")


@pytest.mark.parametrize("model", RELEASED, ids=lambda model: model.name)
def test_a_released_table_has_readers(model: object) -> None:
    columns, meta = model.columns, model.meta  # type: ignore[attr-defined]
    if model.folder.startswith("marts") and LINEAGE in columns:  # type: ignore[attr-defined]
        assert "source" in columns, "the contract of its source names who reads a row"
        assert "audience" not in meta, "contracts name who reads its rows"
        return
    assert meta.get("audience") in (FIGURES, TEAM)
    assert (meta["audience"] == TEAM) == bool(meta.get("because")), "the data team alone reads it for a reason"


def test_records_join_dimensions_of_figures_only() -> None:
    joined = {model.name for model in RELEASED if model.meta.get("in_records")}
    assert {"dim_geography", "dim_race_ethnicity", "dim_stratum"} <= joined
    assert all(model.meta["audience"] == FIGURES for model in RELEASED if model.name in joined)
