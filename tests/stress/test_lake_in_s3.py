"""A lake in S3: runs write, seal, verify, merge and prune parts there, and queries read the parts of their release alone.

The store is moto's, on this machine. It and the clients are installed for this test; no other test needs them.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from tests.integration.test_erasure import erase
from tests.stress.environments import packages_folder
from tests.stress.test_lake import deliver_payments
from tests.support.erased_bytes import places_with
from tests.support.outdated_facts import outdate_facts
from tests.support.small_home import COLUMNS, FIRST, LOAD, SECOND, SmallHome
from tests.support.visits import visits_contract
from warehouse.connection import run_query
from warehouse.lake_files import object_store
from warehouse.paths import Home
from warehouse.releases import (
    Lake,
    LakeOfAnotherHome,
    damaged_parts,
    known_releases,
    prune,
    read_manifest,
    remove_unneeded,
    verify,
)

PACKAGES = ("s3fs", "duckdb-extension-httpfs==1.5.5", "moto[server,s3]")
SECRET = secrets.token_hex(16)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a client of the store; the bucket `lake` exists."""
    packages = packages_folder(tmp_path_factory.mktemp("s3") / "packages", *PACKAGES)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        "PYTHONPATH": str(packages),
        "AWS_ACCESS_KEY_ID": "levelground",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        pytest.MonkeyPatch.context() as own,
        subprocess.Popen(server, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
    ):
        own.syspath_prepend(packages)
        for name, text in env.items():
            own.setenv(name, text)
        try:
            _wait(port)
            object_store._client().mkdir("lake")
            yield env
        finally:
            process.kill()


def _wait(port: int) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("moto's server did not start")


@pytest.fixture
def small(tmp_path: Path, store: dict[str, str]) -> SmallHome:
    """Two releases that share two of their four parts."""
    home = Home(tmp_path / "home")
    home.ensure()
    lake = f"s3://lake/{secrets.token_hex(4)}"
    small = SmallHome(home, visits_contract(columns=COLUMNS, load=LOAD), tmp_path, lake=lake)
    small.take(FIRST)
    small.release(1, in_lake=True)
    small.take(SECOND)
    small.release(2, in_lake=True)
    return small


def test_readers_and_prunes_of_a_lake_in_s3(small: SmallHome, store: dict[str, str]) -> None:
    home = small.home
    counted = "select count(*) as n, count(distinct note) as notes from fct_visits"
    assert run_query(home.published_analyst, counted, 60).to_pylist() == [{"n": 400, "notes": 400}]
    sealed = [part for release_id in known_releases(home) for part in verify(home, release_id).all_parts]
    assert all(object_store.recorded_sha256(part.file) == part.sha256 for part in sealed)
    assert remove_unneeded(home) == []
    second = read_manifest(home, known_releases(home)[-1])
    first = known_releases(home)[0]
    assert verify(home, first).all_parts, "an old release has its parts"
    with pytest.raises(LakeOfAnotherHome):
        Lake(str(small.lake)).claim(Home(home.root.with_name("other")))
    prune(home, keep=1)
    assert len(remove_unneeded(home)) == 2
    assert verify(home, second.release_id)

    # a query reads the parts of its release alone, changes none, and shows no secret
    levelground = CommandLine(home.root)
    file = second.all_parts[0].file
    object_store.write_text(f"{small.lake}/other.parquet", "")
    for sql in (
        f"from read_parquet('{small.lake}/other.parquet')",
        f"copy (select 1) to '{file}'",
        "drop secret levelground_lake",
    ):
        assert levelground("query", sql).returncode in (1, 2), sql
    for sql in ("from duckdb_secrets()", "select name, value from duckdb_settings()"):
        shown = levelground("query", sql, "--format", "csv")
        assert shown.returncode == 0
        assert SECRET not in shown.stdout
    refused = levelground("query", counted, env={"AWS_SECRET_ACCESS_KEY": ""})
    assert "AWS_SECRET_ACCESS_KEY" in refused.stderr
    assert not places_with(home.root, SECRET)

    # other bytes under the recorded hash are found by reading them; the rest only by their size
    content = bytearray(object_store._client().cat_file(file))
    content[-1] ^= 1
    object_store._call("put_object", file, Body=bytes(content), Metadata={"sha256": second.all_parts[0].sha256})
    assert not list(damaged_parts(second.all_parts))
    found = levelground("lake", "verify")
    assert found.returncode == 1
    assert f"the part {file} differs" in found.stderr
    unreachable = levelground("lake", "verify", env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert SECRET not in found.stderr + unreachable.stderr


def test_an_erased_record_leaves_the_parts_in_s3(small: SmallHome) -> None:
    plan = erase(small, ["VISIT-00201"], ["VISIT-00007"])
    assert [place.rows for place in plan.places if place.kind == "analyst file of release"] == [2, 2]
    for release_id in known_releases(small.home):
        assert [part.rows for part in verify(small.home, release_id).all_parts] == [99, 100, 99, 100]
    for file in object_store.objects(str(small.lake)):
        assert b"whisper-00201-alpha" not in object_store._client().cat_file(file)


def test_a_home_keeps_its_parts_in_s3(place: Place, store: dict[str, str]) -> None:
    """Runs whose tasks upload their parts give the release of a run in one process; the second builds the parts that changed."""
    place = Place(CommandLine(place.home, cold=True), place.deliveries)  # the clients are in PYTHONPATH
    env = store | {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": "s3://lake/city", "LEVELGROUND_PART_ROWS": "300"}
    outdate_facts(place.home)
    assert place.run(env=env)["outcome"] == "unchanged", "the content hash of tables that one process has built"
    deliver_payments(place, "2024-01-01")
    report = place.run(env=env)
    assert report["outcome"] == "released"
    manifest = read_manifest(Home(place.home), report["release_id"])
    assert {part.file.rpartition("/")[0] for part in manifest.parts["marts.fct_payments"]} == {"s3://lake/city/fct_payments"}
    assert place.levelground("lake", "verify", env=env).returncode == 0
    found = place.levelground("doctor", env=env).stdout
    assert f"parts of {report['release_id']} exist" in found
    assert not [path for path in place.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
