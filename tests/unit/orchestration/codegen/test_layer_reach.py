"""`levelground cities check` lists everything that a layer from elsewhere executes or reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.city import read_layer_city
from ingest.layers import Layer
from orchestration.codegen.cities.city_layer import reach_of

CONTRACT = """\
source: dpt__visits
title: Visits to the front desk
department: dpt
policy_area: health
jurisdiction: city
grain: one row per visit
steward: {team: Front desk, contact: desk@dpt.example}
agreement: {basis: open_data, classification: public}
statistical_unit: record
platform: A database
connector: {kind: %s}
format: {kind: csv}
load: {mode: replace}
cadence: once
freshness: null
columns:
  - {name: visit_number, from: VISIT, required: true, role: key}
  - {name: visited_on, from: VISITED, type: date, role: event_time}
"""
MODEL = """\
-- read_csv('/a/comment') is not run
{{ config(pre_hook="insert into x select 1") }}
{%% set found = run_query("select 1") %%}
{%% macro hidden(x) %%}{{ x }}{%% endmacro %%}
select *, '{{ env_var("LEVELGROUND_HASH_KEY") }}' from {{ ref('stg') }}
union all select * from read_csv('https://evil.example/rows.csv')
""".replace("%%", "%")


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    files = {
        "city.yml": 'city: springfield\ntitle: Springfield\nplace_geoid: "1772000"\n',
        "sources/dpt__visits.yml": CONTRACT % "http, url: 'https://data.example/x.csv', allow_hosts: [cdn.example]",
        "sources/dpt__staff.yml": (CONTRACT % "database, credentials_env: HR_URL, query: select 1 from staff").replace(
            "dpt__visits", "dpt__staff"
        ),
        "models/marts/fct_visits.sql": MODEL,
        "models/marts/sneaky.py": "def model(dbt, session): ...",
        "suites/fct_visits.yml": "table: fct_visits\nrules:\n  - name: few\n    bad_rows: select 1\n",
        "site/page.html": "<script>",
        "bin/install.sh": "#!/bin/sh",
    }
    for name, text in files.items():
        path = tmp_path / "layer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "layer" / "bin" / "install.sh").chmod(0o755)
    (tmp_path / "layer" / "seeds").symlink_to("/etc")
    return tmp_path / "layer"


def test_everything_that_a_layer_reaches_is_listed_with_its_file(layer: Path) -> None:
    found = reach_of(read_layer_city(Layer("springfield", layer)))
    pairs = {(reach["kind"], reach["name"]) for reach in found}
    assert pairs >= {
        ("host", "data.example"), ("host", "cdn.example"), ("host", "evil.example"), ("variable", "HR_URL"),
        ("variable", "LEVELGROUND_HASH_KEY"), ("SQL", "a model or macro, run with the rights of a run"), ("hook", "pre_hook"),
        ("SQL", "connector.query, run by the system of the department: select 1 from staff"), ("macro", "defines hidden"),
        ("SQL", "read_csv, which reads or changes what is outside of the warehouse"), ("SQL", "1 statements of rules"),
        ("macro", "run_query, which runs statements or reads what is outside"), ("Python", "dbt runs it as a model"),
        ("template", "Levelground does not read it"), ("file", "a link, which is not followed here: read where it leads"),
        ("command", "Levelground does not run it"),
    }  # fmt: skip
    assert {"kind": "host", "name": "evil.example", "file": "springfield/models/marts/fct_visits.sql"} in found
    assert not any("/a/comment" in reach["name"] for reach in found)


def test_a_layer_without_code_reaches_nothing(tmp_path: Path) -> None:
    (tmp_path / "city.yml").write_text('city: springfield\ntitle: Springfield\nplace_geoid: "1772000"\n')
    assert reach_of(read_layer_city(Layer("springfield", tmp_path))) == []
