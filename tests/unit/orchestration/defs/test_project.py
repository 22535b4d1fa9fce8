"""`load_defs` loads the folder of all definitions, and replaces what a test overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ingest.contract.registry import SOURCES, Registry, read_contract
from orchestration.defs import project
from orchestration.defs.asset_specs import model_specs, source_description
from orchestration.defs.jobs import MONTHS_KEY
from orchestration.defs.project import load_defs
from orchestration.defs.resources import RunResource
from orchestration.instance.setup import NIGHTLY_SCHEDULE, REFRESH_JOB, RERUN_JOB
from orchestration.pipeline.build import SUPPRESSED
from orchestration.settings import ConfigurationError, Settings
from tests.support.manifests import model

SOURCE = "ucc__service_requests"


def source(unique_id: str) -> dict[str, Any]:
    _, _, schema, name = unique_id.split(".")
    return {
        "unique_id": unique_id,
        "source_name": schema,
        "name": name,
        "resource_type": "source",
        "description": "A table.",
        "columns": {},
    }


@pytest.fixture
def manifest() -> dict[str, Any]:
    """A dbt project with one mart and one quality table."""
    models = [model("fct_service_requests", "marts"), model("gate_results", "quality")]
    return {
        "metadata": {"project_name": "levelground"},
        "nodes": {node["unique_id"]: node for node in models},
        "sources": {node_id: source(node_id) for node_id in SUPPRESSED},
        "parent_map": {node["unique_id"]: [] for node in models},
        "child_map": {node["unique_id"]: [] for node in models},
    }


def test_contracts_manifest_and_resources_are_replaced(
    manifest: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "prepare_project", lambda *_: pytest.fail("the dbt project of the home is left alone"))
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    run = RunResource(as_of="2025-12-01T00:00:00")
    contracts = Registry([read_contract(SOURCES / f"{SOURCE}.yml")])
    defs = load_defs(settings, contracts=contracts, manifest=manifest, resources={"run": run}, with_column_lineage=False)
    dg.Definitions.validate_loadable(defs)
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert {key for key in keys if key.startswith("landing/")} == {f"landing/{SOURCE}"}
    assert {"marts/fct_service_requests", "quality/gate_results", "published/levelground"} <= keys
    assert defs.resources is not None
    assert defs.resources["run"] is run
    assert defs.resolve_job_def(REFRESH_JOB).name == REFRESH_JOB
    assert defs.resolve_schedule_def(NIGHTLY_SCHEDULE).job_name == REFRESH_JOB
    assert {sensor.name for sensor in defs.sensors or ()} == {"drop_folder", "watch"}


def test_a_run_of_the_ui_cannot_name_a_folder(manifest: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    contracts = Registry([read_contract(SOURCES / f"{SOURCE}.yml")])
    job = load_defs(settings, contracts=contracts, manifest=manifest, with_column_lineage=False).resolve_job_def(REFRESH_JOB)
    for accepted in ({"location": "archive"}, {"as_of": "2025-12-01T00:00:00", "full_refresh": True, "wait_seconds": 0.0}, {}):
        assert dg.validate_run_config(job, {"resources": {"run": {"config": accepted}}})
    with pytest.raises(dg.DagsterInvalidConfigError, match='unexpected config entry "deliveries"'):
        dg.validate_run_config(job, {"resources": {"run": {"config": {"deliveries": str(tmp_path)}}}})


def test_the_launchpad_offers_every_option_with_its_description(manifest: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path), "LEVELGROUND_WAIT_SECONDS": "5"})
    contracts = Registry([read_contract(SOURCES / f"{SOURCE}.yml")])
    defs = load_defs(settings, contracts=contracts, manifest=manifest, with_column_lineage=False)
    fields = defs.resolve_job_def(REFRESH_JOB).resource_defs["run"].config_schema.config_type.fields  # type: ignore[attr-defined]
    assert set(fields) == {"sources", "period", "full_refresh", "accept_older", "as_of", "location", "wait_seconds"}
    assert [name for name, field in fields.items() if not field.description or not field.default_provided] == []
    defaults = {name: field.default_value for name, field in fields.items()}
    assert (defaults["sources"], defaults["period"], defaults["wait_seconds"]) == ([], "", 5)


def test_a_month_can_be_run_again(manifest: dict[str, Any], tmp_path: Path) -> None:
    """A backfill runs the same assets with the period in its configuration, as the command line does."""
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    names = (SOURCE, "dcd__foreclosures")
    contracts = Registry([read_contract(SOURCES / f"{name}.yml") for name in names])
    defs = load_defs(settings, contracts=contracts, manifest=manifest, with_column_lineage=False)
    rerun, refresh = defs.resolve_job_def(RERUN_JOB), defs.resolve_job_def(REFRESH_JOB)
    assert refresh.partitions_def is None, "a night needs no partition"
    assert rerun.partitioned_config is not None
    config = rerun.partitioned_config.get_run_config_for_partition_key("2024-03-01")
    assert config == {"resources": {"run": {"config": {"period": "2024-03"}}}}
    assert dg.validate_run_config(refresh, config)
    only_by_refresh = refresh.asset_layer.executable_asset_keys - rerun.asset_layer.executable_asset_keys
    assert only_by_refresh == {dg.AssetKey(["landing", "dcd__foreclosures"])}, "its deliveries replace no periods"
    only_by_rerun = rerun.asset_layer.executable_asset_keys - refresh.asset_layer.executable_asset_keys
    assert only_by_rerun == {MONTHS_KEY}, "the UI offers a backfill of several months for a job with a partitioned asset only"
    assert rerun.partitions_def == defs.resolve_asset_graph().get(MONTHS_KEY).partitions_def
    assert defs.resolve_asset_graph().get(MONTHS_KEY).parent_keys == set(), (
        "a selection of a source and its downstream has no months"
    )
    without = load_defs(
        settings, contracts=Registry([contracts["dcd__foreclosures"]]), manifest=manifest, with_column_lineage=False
    )
    assert [job.name for job in without.jobs or ()] == [REFRESH_JOB]
    assert without.resolve_job_def(REFRESH_JOB).name == REFRESH_JOB


def test_a_run_of_a_period_needs_a_month(tmp_path: Path) -> None:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path)})
    assert RunResource()._options(settings, "ui", REFRESH_JOB).period is None
    with pytest.raises(ConfigurationError, match="choose one under Partition"):
        RunResource()._options(settings, "ui", RERUN_JOB)


def test_the_description_of_a_source_is_text_and_no_markdown() -> None:
    """The UI renders descriptions: an image would report every visit to another server."""
    contract = read_contract(SOURCES / f"{SOURCE}.yml").model_copy(update={"title": "![seen](http://evil.example/i) <b>"})
    assert source_description(contract).startswith(r"\!\[seen\](http://evil.example/i) \<b\>: one row per request")


def test_an_asset_reads_the_parents_of_an_ephemeral_model_and_has_its_columns(manifest: dict[str, Any]) -> None:
    step = model("int_steps", "intermediate", "model.levelground.fct_service_requests")
    step["config"]["materialized"] = "ephemeral"
    reader = model("fct_readers", "marts", step["unique_id"])
    reader["columns"] = {"district": {"description": "Its district."}}
    manifest["nodes"] |= {node["unique_id"]: node for node in (step, reader)}
    specs = model_specs(manifest, {}, [read_contract(SOURCES / f"{SOURCE}.yml")])
    assert step["unique_id"] not in specs
    spec = specs[reader["unique_id"]]
    assert [dep.asset_key.path for dep in spec.deps] == [["marts", "fct_service_requests"]]
    schema = spec.metadata["dagster/column_schema"]
    assert [(column.name, column.type, column.description) for column in schema.columns] == [("district", "?", "Its district.")]
    assert spec.metadata["file"] == "dbt_project/models/marts/fct_readers.sql"
