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

import pytest

from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from tests.stress.environments import beside
from tests.stress.test_lake import deliver_payments
from tests.support.outdated_facts import outdate_facts
from warehouse import object_store
from warehouse.paths import Home
from warehouse.releases import find_damaged_part, known_releases, read_manifest

PACKAGES = ("s3fs", "duckdb-extension-httpfs==1.5.5", "moto[server,s3]")
SECRET = secrets.token_hex(16)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a client of the store; the bucket `lake` exists."""
    packages = beside(tmp_path_factory.mktemp("s3") / "packages", *PACKAGES)
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


def test_a_home_keeps_its_parts_in_s3(place: Place, store: dict[str, str]) -> None:
    lake = {"LEVELGROUND_ENGINE": "local", "LEVELGROUND_LAKE": "s3://lake/city", "LEVELGROUND_PART_ROWS": "100"}
    env, home = store | lake, Home(place.home)
    place = Place(CommandLine(place.home, cold=True), place.deliveries)  # the clients are in PYTHONPATH
    before = place.levelground("query", "from fct_payments order by all", "--format", "csv").stdout
    outdate_facts(place.home)
    assert place.run(env=env)["outcome"] == "unchanged", "the content hash of tables that one process has built"
    for _ in range(2):
        deliver_payments(place, "2024-01-01")
        report = place.run(env=env)
        assert report["outcome"] == "released"
    manifest = read_manifest(home, report["release_id"])
    assert all(part.file.startswith("s3://lake/city/") for part in manifest.all_parts)
    assert find_damaged_part(manifest) is None
    assert all(object_store.recorded_sha256(part.file) == part.sha256 for part in manifest.all_parts)
    answer = place.levelground("query", "select count(*) as n from fct_payments", "--format", "csv", env=env)
    assert answer.stdout.splitlines()[1] == str(before.count("\n"))

    # a query reads the parts of its release, changes none, and learns no secret
    other = max(object_store.objects("s3://lake/city"))
    object_store.write_text("s3://lake/other.parquet", "")
    for sql in ("from read_parquet('s3://lake/other.parquet')", f"copy (select 1) to '{other}'", "drop secret levelground_lake"):
        refused = place.levelground("query", sql, env=env)
        assert refused.returncode in (1, 2), refused.stdout
    for sql in ("from duckdb_secrets()", "select name, value from duckdb_settings() where name like 's3%'"):
        assert SECRET not in place.levelground("query", sql, env=env).stdout
    assert not [path for path in place.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    without = {name: text for name, text in env.items() if not name.startswith("AWS_")} | {"AWS_ACCESS_KEY_ID": ""}
    refused = place.levelground("query", "select count(*) from fct_payments", env=without)
    assert "AWS_SECRET_ACCESS_KEY" in refused.stderr

    # merge, release, prune, verify
    assert "merged" in place.levelground("lake", "compact", "--rows", "1000000", env=env).stdout
    deliver_payments(place, "2024-01-01")
    report = place.run(env=env)
    assert any(part.contains for part in read_manifest(home, report["release_id"]).all_parts)
    assert place.run("--full-refresh")["outcome"] == "unchanged"
    object_store.write_text("s3://lake/city/fct_payments/of-a-failed-run.parquet", "")
    assert "deleted 1 files" in place.levelground("lake", "prune", env=env).stdout
    assert place.levelground("lake", "verify", env=env).returncode == 0
    assert place.levelground("doctor", env=env).stdout.count("s3://lake/city") >= 1

    # a part with other bytes and the recorded hash is found by reading it
    part = read_manifest(home, known_releases(home)[-1]).all_parts[0]
    damaged = bytearray(object_store._client().cat_file(part.file))
    damaged[-1] ^= 1
    object_store._call("put_object", part.file, Body=bytes(damaged), Metadata={"sha256": part.sha256})
    found = place.levelground("lake", "verify", env=env)
    assert found.returncode == 1
    assert f"the part {part.file} differs" in found.stderr
    assert SECRET not in found.stderr + found.stdout
