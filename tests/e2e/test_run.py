"""Runs and commands after the first run, as a user starts them: the same delivery, a changed definition, checks, queries."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Place


def test_the_same_delivery_twice_changes_nothing(place: Place) -> None:
    before, findings = place.published(), place.levelground.json("status", "--json")["findings"]
    report = place.run()
    assert report["outcome"] == "unchanged"
    assert place.published() == before
    assert findings, "the sample city has warnings"
    assert report["findings"] == findings, "they hold as long as nothing changes"
    assert place.levelground.json("status", "--json")["findings"] == findings
    again = place.run()
    assert "deliver" in report["seconds"]
    assert "deliver" not in again["seconds"], "the same files are not read a third time"
    assert [facts_of(source) for source in again["sources"]] == [facts_of(source) for source in report["sources"]]
    assert (again["outcome"], again["findings"], place.published()) == ("unchanged", findings, before)
    assert len(place.levelground.json("releases", "list", "--json")) == 1


def facts_of(source: dict[str, Any]) -> dict[str, Any]:
    """The status of a source, without what differs from run to run."""
    return {key: value for key, value in source.items() if key not in ("run_id", "seconds")}


def test_a_definition_that_changed_under_its_old_version_blocks_the_release(place: Place) -> None:
    """The published release defines a measure differently from the registry, as if the registry had changed since."""
    (release,) = (place.home / "releases").glob("*Z-*")
    file = release / "levelground.duckdb"
    file.chmod(0o640)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update marts.dim_measure set numerator = 'Persons frisked' where measure_id = 'stops_searched_share'")
    # sealed as it is now: a release that differs from the sealed one is damaged, and no gate checks it
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"][file.name] |= {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "size": file.stat().st_size}
    # of another registry, so that the run builds this table again, and not every table as with `--full-refresh`
    manifest["made_of"]["node_fingerprints"]["model.levelground.dim_measure"]["state"] = "of an earlier registry"
    (release / "manifest.json").write_text(json.dumps(manifest))
    (record,) = (place.home / "runs").glob("*.json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"fingerprint": "of an earlier registry"}))
    before = place.published()
    refused = place.levelground("run", "--deliveries", place.deliveries)
    assert refused.returncode == 2
    assert "stops_searched_share version 1 (numerator)" in refused.stderr
    assert "series_breaks.csv" in refused.stderr
    assert place.published() == before


def test_status_and_sources_answer(place: Place) -> None:
    assert place.levelground("status").returncode == 0
    status = place.levelground.json("status", "--json")
    assert status["outcome"] == "released"
    listed = place.levelground.json("sources", "list", "--json")
    assert {row["source"] for row in listed} == {row["source"] for row in status["sources"]}
    assert all(row["readiness_grade"] in "ABCD" for row in listed)
    source = place.levelground("sources", "show", "fpc__police_stops")
    assert source.returncode == 0
    assert "merge" in source.stdout
    assert "Race is known for fewer than 70 % of the records" in source.stdout  # why it has its grade
    assert "SMP-01" in place.levelground("sources", "show", "ucc__service_requests").stdout  # what is known to be wrong with it
    assert place.levelground("sources", "check", "fpc__police_stops").returncode == 0


def test_check_audits_a_file_without_loading_it(place: Place, tmp_path: Path) -> None:
    bad = tmp_path / "stops.csv"
    bad.write_text(place.file("fpc__police_stops").read_text().replace("personSearch", "searched"))
    before = sorted(path.relative_to(place.home) for path in (place.home / "deliveries").rglob("*"))
    result = place.levelground("sources", "check", "fpc__police_stops", bad)
    assert result.returncode == 3
    assert "personSearch" in result.stdout
    assert sorted(path.relative_to(place.home) for path in (place.home / "deliveries").rglob("*")) == before


@pytest.mark.parametrize(
    "sql",
    [
        "create table marts.t as select 1",
        "delete from marts.fct_payments",
        "copy (select 1) to '/tmp/levelground_out.csv'",
        "select * from read_csv('/etc/passwd')",
        "attach '/tmp/levelground_other.duckdb'",
        "set memory_limit = '90GB'",
        "install httpfs",
        "select no_such_column from marts.fct_payments",
    ],
)
def test_query_is_locked_down(place: Place, sql: str) -> None:
    result = place.levelground("query", sql)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_query_formats_and_timeout(place: Place, tmp_path: Path) -> None:
    sql = "select race_ethnicity_code, race_standard from marts.dim_race_ethnicity order by all limit 2"
    assert place.levelground("query", sql, "--format", "csv").stdout.splitlines()[0] == '"race_ethnicity_code","race_standard"'
    assert len(place.levelground.ask(sql)) == 2
    assert place.levelground.json("query", f"-- the first two\n{sql}", "--format", "json") == place.levelground.ask(sql)
    slow = place.levelground(
        "query", "select count(*) from range(100000) a, range(1000000) b where a.range % 7 = b.range % 11", "--timeout", "1"
    )
    assert slow.returncode == 1
    assert "1 seconds" in slow.stderr
