"""The project's own materializations replace a table or view, keep it if the model fails, and write its descriptions."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from orchestration.settings import DBT_PROJECT

PROPERTIES = """
models:
  - name: counted
    description: it's "counted"
    config: {contract: {enforced: true}, persist_docs: {relation: true, columns: true}}
    columns: [{name: n, data_type: integer, description: "how many; $1"}, {name: Odd, data_type: varchar, quote: true}]
  - name: seen
"""
COUNTED = """select {n} as n, 'a' as "Odd" """


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    macros = DBT_PROJECT / "macros" / "project" / "materializations.sql"
    files = {
        "dbt_project.yml": "{name: small, config-version: 2, profile: x}",
        "profiles.yml": f"x: {{target: x, outputs: {{x: {{type: duckdb, path: '{tmp_path / 'w.duckdb'}'}}}}}}",
        "macros/materializations.sql": macros.read_text(encoding="utf-8"),
        "models/models.yml": PROPERTIES,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def build(project: Path, n: object, counted: str = "table", downstream: str = "view") -> bool:
    """Build both models with these materializations."""
    models = {"counted": (counted, COUNTED.format(n=n)), "seen": (downstream, "select n + 1 as n from {{ ref('counted') }}")}
    for name, (materialized, sql) in models.items():
        text = f"{{{{ config(materialized='{materialized}') }}}}\n{sql}"
        (project / "models" / f"{name}.sql").write_text(text, encoding="utf-8")
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    outcome = dbtRunner().invoke(["--quiet", "--log-level", "none", "--log-level-file", "none", "run", *folders])
    return bool(outcome.success)


def relations(project: Path) -> dict[str, tuple[str, int, str | None]]:
    """Type, value and description of each relation in the database, none left over among them."""
    with duckdb.connect(str(project / "w.duckdb")) as con:
        names = con.execute(
            "select table_name, 'table', comment from duckdb_tables() "
            "union all select view_name, 'view', comment from duckdb_views() where not internal"
        ).fetchall()
        found = {name: (kind, con.execute(f"select n from {name}").fetchall()[0][0], text) for name, kind, text in names}
        columns = con.execute("select column_name, comment from duckdb_columns() where table_name = 'counted'").fetchall()
    assert columns == [("n", "how many; $1"), ("Odd", "")]
    return found


def test_a_relation_is_replaced_and_kept_if_its_model_fails(project: Path) -> None:
    text = 'it\'s "counted"'
    assert build(project, 1)
    assert relations(project) == {"counted": ("table", 1, text), "seen": ("view", 2, None)}
    assert build(project, 5, downstream="table")
    assert relations(project) == {"counted": ("table", 5, text), "seen": ("table", 6, None)}
    assert not build(project, "error('no number')::integer", downstream="view")
    assert relations(project) == {"counted": ("table", 5, text), "seen": ("table", 6, None)}
    assert not build(project, "7 as other, 7")  # the contract names every column
    assert relations(project)["counted"] == ("table", 5, text)
    assert build(project, 7, counted="view")
    assert relations(project) == {"counted": ("view", 7, text), "seen": ("view", 8, None)}
    assert build(project, 9)
    assert relations(project) == {"counted": ("table", 9, text), "seen": ("view", 10, None)}
