"""Runs after the first one, as a user starts them: the same delivery, new rows, faults, a killed process."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Place, status_of
from tests.support.outdated_facts import FACTS, newest_run, outdate_facts


def test_the_same_delivery_twice_changes_nothing(place: Place) -> None:
    before, findings = place.published(), place.levelground.json("status", "--json")["findings"]
    report = place.run()
    assert report["outcome"] == "unchanged"
    assert place.published() == before
    assert findings, "the sample city has warnings"
    assert report["findings"] == findings, "they hold as long as nothing changes"
    assert place.levelground.json("status", "--json")["findings"] == findings
    assert len(place.levelground.json("releases", "list", "--json")) == 1


def test_new_rows_make_a_release_and_rollback_goes_back(place: Place) -> None:
    first = place.published()
    place.rewrite("fpc__police_stops", lambda text: text + text.splitlines()[-1].replace("25-", "99-", 1) + "\n")
    assert place.run("--source", "ucc__service_requests")["outcome"] == "unchanged"
    report = place.run("--source", "fpc__police_stops")
    assert report["outcome"] == "released"
    assert report["release_id"] != place.levelground.json("releases", "list", "--json")[-1]["release_id"]
    older = place.levelground.json("releases", "list", "--json")[-1]["release_id"]
    _keep_as_reported(place, older, report["release_id"])
    _count_public_changes(place, older, report)
    result = place.levelground("releases", "rollback", older)
    assert result.returncode == 0, result.stderr
    assert place.published() == first | {"current.json": place.published()["current.json"]}
    unknown = place.levelground("releases", "rollback", "20200101T000000Z-00000000")
    assert unknown.returncode == 2
    assert older in unknown.stderr


def _keep_as_reported(place: Place, older: str, newer: str) -> None:
    """The first release is pinned under a label, and what changed since is explained by the load that came."""
    assert place.levelground("releases", "pin", older, "--label", "2025Q3").returncode == 0
    refused = place.levelground("releases", "pin", newer, "--label", "2025q3")
    assert (refused.returncode, older in refused.stderr) == (2, True)
    listed = {release["release_id"]: release["label"] for release in place.levelground.json("releases", "list", "--json")}
    assert listed == {older: "2025Q3", newer: None}
    differences = place.levelground.json("releases", "diff", "2025Q3", "current", "--json")
    assert (differences["before"], differences["after"], differences["same"]) == (older, newer, False)
    (load,) = differences["causes"]
    assert (load["kind"], load["name"]) == ("load", "fpc__police_stops")
    changed = {measure["measure_id"]: measure for measure in differences["measures"]}
    assert {"stops_by_race", "stops_searched_share"} <= set(changed)
    assert {measure.partition("_")[0] for measure in changed} == {"stops"}
    for measure in changed.values():
        assert measure["is_explained"]
        assert measure["explained_by"] == [load]
        assert measure["changed"] > 0
        assert measure["top"][0]["before"] != measure["top"][0]["after"]
    report = place.levelground("releases", "diff", "2025Q3", newer).stdout
    assert "stops_searched_share" in report
    assert "load fpc__police_stops" in report
    nothing = place.levelground("releases", "diff", older, older)
    assert (nothing.returncode, "both have the same content" in nothing.stdout) == (0, True)
    assert place.levelground("releases", "diff", "2025Q2", newer).returncode == 2


def _count_public_changes(place: Place, older: str, report: dict[str, Any]) -> None:
    """The run and `releases diff --public` count the public figures that differ, as a query of both files counts them."""
    found = place.levelground.json("releases", "diff", "--public", "--json")
    assert (found["before"], found["after"]) == (older, report["release_id"]) == (report["compared_with"], found["after"])
    counts = report["public_changes"]
    assert {name: found[name] for name in counts} == counts
    with duckdb.connect() as connection:
        for name, release in (("a", older), ("b", report["release_id"])):
            file = place.home / "releases" / release / "levelground_public.duckdb"
            connection.execute(f"attach '{file}' as {name} (read_only)")
        keys = (
            "measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard, "
            "race_ethnicity_code, tabulation, method, stratum_type, stratum_code"
        )
        figures = f"(select {keys}, value from {{}}.published.equity_measures where value is not null)"
        wanted = connection.execute(
            "select count(*) filter (a.value is null), count(*) filter (abs(a.value - b.value) > 1e-9 * abs(b.value)), "
            "count(*) filter (b.value is null) "
            f"from {figures.format('a')} as a full join {figures.format('b')} as b using ({keys})"
        ).fetchone()
    assert (counts["appear"], counts["change"], counts["vanish"]) == wanted
    assert {measure["measure_id"].partition("_")[0] for measure in found["measures"]} <= {"stops"}
    assert all([cause["name"] for cause in measure["causes"]] == ["fpc__police_stops"] for measure in found["measures"])


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


def test_a_held_back_load_can_be_accepted_and_a_stale_source_makes_exit_4(place: Place) -> None:
    """The run that releases the accepted load comes half a year later: the other tables are not built again for that alone.

    An engine builds the facts of events in that run, in a lake: readers see the same rows as before.
    """
    source = "der__employees"
    with sqlite3.connect(place.file(source)) as database:
        database.execute("delete from employees where rowid % 3 > 0")
    status = status_of(place.run(expect=4), source)
    assert status["verdict"] == "held_back"
    assert "volume" in status["reason"] or "rows" in status["reason"]
    refused = place.levelground("sources", "accept", source, "--load", "0" * 16, "--reason", "no")
    assert refused.returncode == 2
    assert status["load_id"] in refused.stderr
    accepted = place.levelground("sources", "accept", source, "--load", status["load_id"], "--reason", "most moved to the county")
    assert accepted.returncode == 0, accepted.stderr
    outdate_facts(place.home)
    before = {fact: place.levelground.ask(f"select * from {fact} order by all") for fact in FACTS}
    lake = place.home.with_name("lake")
    engine = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": str(lake), "LEVELGROUND_PART_ROWS": "3500"}
    report = place.run("--as-of", "2026-06-01T00:00:00", expect=4, env=engine)
    assert status_of(report, source)["verdict"] == "fresh"
    assert report["outcome"] == "released"
    used = json.loads(newest_run(place.home).read_text())["engine"]
    assert (used["name"], used["tasks"], used["attempts"]) == ("local", 5, 5)
    assert {fact: place.levelground.ask(f"select * from {fact} order by all") for fact in FACTS} == before
    assert len(list(lake.glob("*/*.parquet"))) == 5
    assert "5 parts are as they were sealed" in place.levelground("lake", "verify").stdout
    shutil.rmtree(lake)
    stale = status_of(report, "ucc__service_requests")
    assert stale["verdict"] == "stale"
    assert "Unified Call Center" in stale["reason"]
    assert status_of(report, "census__blocks_2020")["verdict"] == "fresh"
    alerts = (place.home / "logs" / "alerts.log").read_text()
    assert "ucc__service_requests is stale." in alerts
    assert "Ask the steward (ucc-data@city.example) for the next delivery." in alerts
    (acceptances,) = place.levelground.ask("select source, load_id, reason from quality.accepted_deliveries")
    assert acceptances == {"source": source, "load_id": status["load_id"], "reason": "most moved to the county"}


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
