"""Column lineage follows CTEs, stars, unions, windows and lists to the tables that a model reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs.asset_specs import lineage_metadata
from orchestration.transform.compiled.column_lineage import ByColumn, column_lineage, read_lineage
from warehouse.paths import Home

SOURCE, STAGED, FACT = "source.levelground.landing.a__b", "model.levelground.stg_a__b", "model.levelground.fct_b"
STAGED_SQL = 'with typed as (select * from "warehouse"."typed"."a__b") select *, 1 as one from typed'


def manifest() -> dict[str, Any]:
    def model(name: str, schema: str, *parents: str) -> dict[str, Any]:
        return {
            "resource_type": "model",
            "package_name": "levelground",
            "original_file_path": f"models/{name}.sql",
            "relation_name": f'"warehouse"."{schema}"."{name}"',
            "columns": {},
            "depends_on": {"nodes": list(parents)},
            "config": {"materialized": "view"},
        }

    source = {
        "resource_type": "source",
        "source_name": "landing",
        "relation_name": '"warehouse"."typed"."a__b"',
        "columns": {"opened_at": {}, "closed_at": {}, "race": {}},
    }
    # A model comes before its parents here.
    nodes = {FACT: model("fct_b", "marts", STAGED), STAGED: model("stg_a__b", "staging", SOURCE)}
    return {"nodes": nodes, "sources": {SOURCE: source}}


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    folder = tmp_path / "dbt" / "compiled" / "levelground" / "models"
    folder.mkdir(parents=True)
    (folder / "stg_a__b.sql").write_text(STAGED_SQL)
    return folder


def of_fact(compiled: Path, sql: str) -> ByColumn:
    (compiled / "fct_b.sql").write_text(sql)
    return read_lineage(manifest(), compiled.parent.parent).get(FACT, {})


def test_a_star_selects_all_delivered_columns_and_a_missing_reason_maps_to_its_cell(compiled: Path) -> None:
    staged = read_lineage(manifest(), compiled.parent.parent)[STAGED]
    assert staged["opened_at"] == [(SOURCE, "opened_at")]
    assert staged["race_missing_reason"] == [(SOURCE, "race")]
    assert staged["_load_id"] == []
    assert staged["one"] == []


@pytest.mark.parametrize(
    ("expression", "of"),
    [
        ("datediff('day', opened_at, closed_at)", ["closed_at", "opened_at"]),
        ("row_number() over (partition by race order by opened_at)", ["opened_at", "race"]),
        ("case when race is null then 'none' end", ["race"]),
        ("(select max(inside.closed_at) from warehouse.staging.stg_a__b as inside)", ["closed_at"]),
        ("coalesce(cast(s.race as varchar), 'x')", ["race"]),
        ("42", []),
    ],
)
def test_an_expression_depends_on_its_columns(compiled: Path, expression: str, of: list[str]) -> None:
    sql = f"with s as (select * from warehouse.staging.stg_a__b), t as (select {expression} as x from s) select x as y from t"
    assert of_fact(compiled, sql) == {"y": [(STAGED, column) for column in of]}


def test_a_union_depends_on_all_its_branches_by_position(compiled: Path) -> None:
    branch = "select {} from warehouse.staging.stg_a__b"
    union = f"{branch.format('race as a')} union all {branch.format('closed_at')}"
    assert of_fact(compiled, union) == {"a": [(STAGED, "closed_at"), (STAGED, "race")]}


def test_a_list_depends_on_the_columns_of_its_elements(compiled: Path) -> None:
    sql = "select item.v from warehouse.staging.stg_a__b as s, unnest([s.race, s.closed_at]) as item(v)"
    assert of_fact(compiled, sql) == {"v": [(STAGED, "closed_at"), (STAGED, "race")]}


def test_an_ephemeral_model_is_a_part_of_its_reader(compiled: Path) -> None:
    shown = manifest()
    is_ephemeral = {"relation_name": None, "config": {"materialized": "ephemeral"}}
    counts = {**shown["nodes"][FACT], **is_ephemeral, "original_file_path": "models/b__counts.sql"}
    shown["nodes"]["model.levelground.b__counts"] = counts
    shown["nodes"][FACT] = {**shown["nodes"][FACT], "depends_on": {"nodes": ["model.levelground.b__counts"]}}
    (compiled / "b__counts.sql").write_text("select race from warehouse.staging.stg_a__b")
    (compiled / "fct_b.sql").write_text(
        "with __dbt__cte__b__counts as (select * from warehouse.staging.stg_a__b) select race from __dbt__cte__b__counts"
    )
    found = read_lineage(shown, compiled.parent.parent)
    assert found[FACT] == {"race": [(STAGED, "race")]}
    assert "model.levelground.b__counts" not in found


def test_sql_that_cannot_be_parsed_has_no_lineage_and_affects_no_other_model(compiled: Path) -> None:
    assert of_fact(compiled, "select ((") == {}
    assert STAGED in read_lineage(manifest(), compiled.parent.parent)


def test_lineage_is_cached_until_compiled_sql_changes(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    (compiled / "fct_b.sql").write_text("select race from warehouse.staging.stg_a__b")
    first = column_lineage(home, manifest())
    with monkeypatch.context() as patched:
        patched.setattr("orchestration.transform.compiled.column_lineage.read_lineage", lambda *_: pytest.fail("read twice"))
        assert column_lineage(home, manifest()) == first
    (compiled / "fct_b.sql").write_text("select closed_at from warehouse.staging.stg_a__b")
    second = {"closed_at": [(STAGED, "closed_at")]}
    assert column_lineage(home, manifest())[FACT] == second
    (home.dbt / "column_lineage.json").write_text('{"fingerprint": "cut o')
    assert column_lineage(home, manifest())[FACT] == second
    (home.dbt / "column_lineage.json").unlink()
    (home.dbt / "column_lineage.json").mkdir()
    assert column_lineage(home, manifest())[FACT] == second, "what cannot be kept is read again each time"


def test_lineage_is_displayed_as_dagster_metadata_and_as_a_table() -> None:
    keys = {STAGED: dg.AssetKey(["staging", "stg_a__b"])}
    metadata = lineage_metadata({"days": [(STAGED, "closed_at"), (STAGED, "opened_at")], "one": []}, keys)
    lineage = metadata["dagster/column_lineage"]
    assert isinstance(lineage, dg.TableColumnLineage)
    assert [dep.column_name for dep in lineage.deps_by_column["days"]] == ["closed_at", "opened_at"]
    assert metadata["columns_made_of"].md_str.endswith("| days | stg_a__b.closed_at, stg_a__b.opened_at |")
    assert lineage_metadata({"one": []}, keys) == {}
