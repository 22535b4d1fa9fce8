"""Every unit test of the dbt project, and the build of a warehouse without a row.

The rules themselves are next to the models in `*__unit_tests.yml`.
"""

from __future__ import annotations

import pytest
import yaml

from orchestration.settings import DBT_PROJECT
from tests.support.empty_warehouse import EmptyWarehouse
from tests.support.shipped import MODEL_FOLDERS

pytestmark = pytest.mark.xdist_group("dbt")

RULES = sorted(
    rule["name"]
    for folder in MODEL_FOLDERS
    for file in folder.rglob("*__unit_tests.yml")
    for rule in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["unit_tests"]
)


@pytest.fixture(scope="session")
def verdicts(empty_warehouse: EmptyWarehouse) -> dict[str, tuple[str, str]]:
    return empty_warehouse.dbt("test", "--select", "test_type:unit")


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, verdicts: dict[str, tuple[str, str]]) -> None:
    status, message = verdicts[rule]
    assert status == "pass", f"{rule}: {message}"


def test_a_warehouse_without_a_row_builds(empty_warehouse: EmptyWarehouse) -> None:
    broken = {
        name: status for name, status in empty_warehouse.built.items() if not status.startswith(("success", "pass", "no-op"))
    }
    assert not broken


def test_a_seed_that_gains_a_column_loads_into_a_release_of_before(empty_warehouse: EmptyWarehouse) -> None:
    empty_warehouse.con.execute("alter table release.reference.measure_rules drop column note")
    assert empty_warehouse.dbt("seed", "--select", "measure_rules")["measure_rules"][0] == "success"
    assert "note" in {name for name, *_ in empty_warehouse.con.execute("describe release.reference.measure_rules").fetchall()}


def test_released_tables_exist_without_rows(empty_warehouse: EmptyWarehouse) -> None:
    facts = empty_warehouse.con.execute(
        "select table_name, estimated_size from duckdb_tables() where database_name = 'release' and table_name like 'fct_%'"
    ).fetchall()
    facts_of_project = {path.stem for path in (DBT_PROJECT / "models" / "marts" / "facts").rglob("fct_*.sql")}
    assert {name for name, _ in facts} >= facts_of_project
    assert {rows for _, rows in facts} == {0}


def test_released_schemas_hold_tables_only(empty_warehouse: EmptyWarehouse) -> None:
    """A view keeps the alias of the build and breaks when the file is opened under another name."""
    views = empty_warehouse.con.execute(
        "select database_name, schema_name, view_name from duckdb_views() "
        "where not internal and database_name in ('release', 'public')"
    ).fetchall()
    assert views == []


def test_released_columns_have_descriptions(empty_warehouse: EmptyWarehouse) -> None:
    silent = empty_warehouse.con.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name in ('release', 'public') and coalesce(comment, '') = ''"
    ).fetchall()
    assert silent == []
