"""docs/deploy/ agrees with the settings that the code reads and the options that the command line accepts."""

from __future__ import annotations

import re
import shlex
import tomllib
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from ingest.contract.registry import load_registry
from orchestration.cli.application import GROUPS, application
from orchestration.settings import Settings, variable_names

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
VARIABLE = re.compile(r"LEVELGROUND_[A-Z_]+[A-Z]")
# Set by the code for dbt, read by tests, an example in a draft, a proxy's own: none is a setting of Levelground.
OTHERS = {
    "LEVELGROUND_WAREHOUSE_FILE", "LEVELGROUND_REAL_DELIVERIES", "LEVELGROUND_DATABASE_URL", "LEVELGROUND_PROXY_HASH",
    "LEVELGROUND_COMPLETE",  # set by a shell that completes a command
    "LEVELGROUND_ANALYST_FILE", "LEVELGROUND_METRICS_FILE",  # of the dbt project in docs/connect/semantic-layer
}  # fmt: skip


def _table(document: Path) -> set[str]:
    """The settings in the first cells of a document's tables."""
    lines = document.read_text(encoding="utf-8").splitlines()
    return {name for line in lines if line.startswith("| `") for name in VARIABLE.findall(line.split("|")[1])}


def _named() -> set[str]:
    return {getattr(contract.connector, "credentials_env", None) or "" for contract in load_registry()} - {""}


def test_every_setting_is_described_and_nothing_else_is() -> None:
    assert _table(DEPLOY / "settings.md") == set(variable_names()), "write docs/deploy/settings.md as the code reads it"
    assert _table(ROOT / "README.md") <= set(variable_names())


def test_no_other_variable_is_spoken_of() -> None:
    allowed = {*variable_names(), *_named(), *OTHERS}
    folders = [ROOT / name for name in ("orchestration", "ingest", "expectations", "warehouse", "docs")]
    files = [
        path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yml", ".md", ".service", ".env", "")
    ]
    spoken = {name: path.name for path in files if path.is_file() for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert {name: where for name, where in spoken.items() if name not in allowed} == {}


def _unit(path: Path) -> RawConfigParser:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path, encoding="utf-8")
    return unit


def _commands(path: Path) -> list[list[str]]:
    service = _unit(path)["Service"]
    return [shlex.split(line) for name, line in service.items() if name.startswith("ExecStart")]


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_service_starts_what_the_command_line_has(path: Path) -> None:
    for program, name, *options in _commands(path):
        assert program == "/opt/levelground/.venv/bin/levelground"
        command = typer.main.get_command(application(*GROUPS)).commands[name]  # type: ignore[attr-defined]
        command.make_context(name, options)
    service = _unit(path)["Service"]
    assert (service["User"], service["UMask"], service["ProtectSystem"]) == ("levelground", "0027", "strict")
    assert service["EnvironmentFile"] == "/etc/levelground/environment"


def test_the_run_of_a_timer_is_a_service() -> None:
    assert (DEPLOY / "levelground-nightly.timer").with_suffix(".service").is_file()
    assert _unit(DEPLOY / "levelground-nightly.timer")["Timer"]["OnCalendar"].startswith("*-*-* 02:00:00")
    assert _unit(DEPLOY / "levelground-nightly.service")["Service"]["SuccessExitStatus"] == "4 143"


def test_the_environment_file_holds_settings_and_no_secret() -> None:
    lines = (DEPLOY / "levelground.env").read_text(encoding="utf-8").splitlines()
    set_here = dict(line.lstrip("# ").split("=", 1) for line in lines if re.match(r"(# )?[A-Z_]+=", line))
    assert set(set_here) <= set(variable_names())
    assert (set_here["LEVELGROUND_HASH_KEY"], set_here["LEVELGROUND_ALERTS"]) == ("", "")


def test_the_container_holds_what_is_locked_and_nothing_of_this_machine() -> None:
    steps = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in steps
    assert re.findall(r"^FROM (\S+)$", steps, re.MULTILINE) == ["python:3.12-slim"]
    assert "USER levelground" in steps
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", ".levelground"} <= set(left_out)


def test_proxies_lead_to_where_the_ui_listens() -> None:
    for name in ("nginx.conf", "Caddyfile"):
        assert "127.0.0.1:3000" in (DEPLOY / name).read_text(encoding="utf-8")


def _kuberay() -> dict[str, Any]:
    """The specs of docs/deploy/kuberay.yml, by kind and name."""
    documents = list(yaml.safe_load_all((DEPLOY / "kuberay.yml").read_text(encoding="utf-8")))
    return {f"{document['kind']}/{document['metadata']['name']}": document["spec"] for document in documents}


def test_kuberay_runs_tasks_where_they_find_their_files() -> None:
    specs = _kuberay()
    run = specs["CronJob/levelground-nightly"]["jobTemplate"]["spec"]["template"]["spec"]
    (group,) = specs["RayCluster/levelground"]["workerGroupSpecs"]
    worker = group["template"]["spec"]
    (of_run,), (of_worker,) = run["containers"], worker["containers"]
    environment = {entry["name"]: entry.get("value", "") for entry in of_run["env"]}
    settings = Settings.from_environment({name: value for name, value in environment.items() if name.startswith("LEVELGROUND_")})
    assert (settings.engine, settings.engine_address) == ("ray", "ray://levelground-head-svc:10001")
    shared = {mount["mountPath"]: mount["subPath"] for mount in of_run["volumeMounts"] if mount["name"] == "shared"}
    assert shared == {"/var/lib/levelground/tmp": "tmp", str(settings.lake): "lake", str(settings.deliveries): "deliveries"}
    assert shared == {mount["mountPath"]: mount["subPath"] for mount in of_worker["volumeMounts"] if mount["name"] == "shared"}
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for spec in (run, worker)
        for volume in spec["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert {f"PersistentVolumeClaim/{claim}" for claim in claims} <= specs.keys()
    # files of the run are readable for its account alone
    assert run["securityContext"] == worker["securityContext"]
    assert f"--uid {worker['securityContext']['runAsUser']} " in (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def test_kuberay_protects_a_cluster_without_tasks_on_its_head() -> None:
    cluster = _kuberay()["RayCluster/levelground"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["optional-dependencies"]["ray"] == [f"ray=={cluster['rayVersion']}"]
    head = cluster["headGroupSpec"]
    assert head["rayStartParams"] == {"num-cpus": "0", "include-dashboard": "false", "ray-client-server-port": "10001"}
    for group in (head, *cluster["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        environment = {entry["name"]: entry.get("value") for entry in container["env"]}
        assert (environment["RAY_AUTH_MODE"], environment["RAY_USAGE_STATS_ENABLED"]) == ("token", "0")
        assert "RAY_AUTH_TOKEN" in environment
