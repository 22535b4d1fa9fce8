"""Accounts, groups and modes of docs/deploy/README.md, built for real: who reads secrets, records and public files."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.doctor import CheckResult, Verdict, access
from tests.conftest import ROOT
from tests.unit.orchestration.doctor.conftest import Examined
from warehouse.paths import Home

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="creates accounts and groups, which needs root")

GUIDE = ROOT / "docs" / "deploy" / "README.md"
KEY = "LEVELGROUND_HASH_KEY=3f9c-planted-key"
RELEASE = """
from pathlib import Path
from orchestration.scorecard import refresh_public
from tests.support.published_files import sealed
from warehouse.audiences.access import set_groups
from warehouse.paths import Home
from warehouse.releases import swap
home = Home(Path({root!r}))
home.ensure()
swap(home, sealed(home, 3).release_id)
records = home.published / "levelground_records_health.duckdb"
records.write_bytes(b"records")
problems = set_groups(home, {{"team": {service!r} + "-team", "health": {service!r} + "-health"}})
assert problems == [], problems
home.published_scorecard.mkdir()
(home.published_scorecard / "index.html").write_text("a page")
refresh_public(home)
"""


@dataclass(frozen=True)
class Machine:
    """The folders and accounts that the guide creates, under names of this test."""

    root: Path
    service: str

    @property
    def home(self) -> Home:
        return Home(self.root / "var/lib/levelground")

    @property
    def environment(self) -> Path:
        return self.root / "etc/levelground/environment"

    @property
    def readers(self) -> str:
        return f"{self.service}-readers"

    @property
    def analyst(self) -> str:
        return f"{self.service}-ana"

    @property
    def nurse(self) -> str:
        return f"{self.service}-nurse"

    @property
    def data_team(self) -> str:
        return f"{self.service}-dan"

    @property
    def accounts(self) -> dict[str, str]:
        """The accounts besides the service, with their groups."""
        of_readers = {self.data_team: "team", self.nurse: "health"}
        groups = {name: f"{self.readers},{self.service}-{group}" for name, group in of_readers.items()}
        return groups | {self.analyst: self.readers, self.web: ""}

    @property
    def web(self) -> str:
        return f"{self.service}-web"

    def reads(self, account: str, path: Path) -> bool:
        command = ["setpriv", "--reuid", account, "--regid", account, "--init-groups", "cat", str(path)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def commands(machine: Machine) -> list[list[str]]:
    """The commands of the guide that create accounts and folders, on the folders and accounts of the machine."""
    block = GUIDE.read_text(encoding="utf-8").partition("## With systemd")[2].partition("```sh\n")[2].partition("```")[0]

    def word(text: str) -> str:
        if text.startswith(("/var/", "/srv/", "/etc/")):
            return f"{machine.root}{text}"
        return str(ROOT / text) if text.startswith("docs/") else re.sub(r"\blevelground\b", machine.service, text)

    lines = [shlex.split(line, comments=True) for line in block.splitlines() if line]
    assert {line[0] for line in lines} == {"sudo"}
    return [[word(each) for each in line[1:]] for line in lines]


@pytest.fixture
def machine() -> Iterator[Machine]:
    root = Path(tempfile.mkdtemp(prefix="levelground-accounts-", dir="/var/tmp"))  # pytest's folder is closed to other accounts
    root.chmod(0o755)
    machine = Machine(root, f"lgt{secrets.token_hex(4)}")
    for folder in ("var/lib", "srv", "etc"):
        (root / folder).mkdir(parents=True)
    try:
        for command in commands(machine):
            subprocess.run(command, check=True)
        for account, groups_of_account in machine.accounts.items():
            added = ["--groups", groups_of_account] if groups_of_account else []
            subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", *added, account], check=True)
        with machine.environment.open("a") as file:
            file.write(f"{KEY}\n")
        program = [sys.executable, "-P", "-c", RELEASE.format(root=str(machine.home.root), service=machine.service)]
        as_service = ["setpriv", "--reuid", machine.service, "--regid", machine.service, "--init-groups"]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": "/var/tmp"}
        subprocess.run([*as_service, *program], check=True, umask=0o027, env=environment, cwd=root)
        yield machine
    finally:
        for account in (*machine.accounts, machine.service):
            subprocess.run(["userdel", account], check=False, capture_output=True)
        for command in commands(machine):
            if command[0] == "groupadd":
                subprocess.run(["groupdel", command[-1]], check=False, capture_output=True)
        shutil.rmtree(root)


def test_each_account_reads_what_the_guide_says(machine: Machine) -> None:
    home, analyst, web = machine.home, machine.analyst, machine.web
    served = machine.root / "srv/levelground"
    assert KEY in machine.environment.read_text(), "root, and so systemd, reads it"
    assert not machine.reads(analyst, machine.environment), "an analyst reads the hash key"
    assert not machine.reads(web, machine.environment), "the web server reads the hash key"
    assert not machine.reads(machine.service, machine.environment), "systemd passes it on; the service needs no file"
    assert not machine.reads(web, home.published_analyst), "the web server reads records of persons"
    assert not machine.reads(web, home.published_public), "the web server enters the home"
    for account in (analyst, web):
        assert not machine.reads(account, home.warehouse)
        assert not machine.reads(account, next(home.releases.glob("*/levelground.duckdb")))
        for name in ("levelground_public.duckdb", "exports/release.csv", "scorecard/index.html"):
            assert machine.reads(account, served / name)
    records = home.published / "levelground_records_health.duckdb"
    reading = {
        account: {path.name for path in (records, home.published_analyst, home.published_public) if machine.reads(account, path)}
        for account in machine.accounts
    }
    of_all = home.published_public.name
    assert reading == {
        analyst: {of_all},
        web: set(),
        machine.nurse: {of_all, records.name},
        machine.data_team: {of_all, home.published_analyst.name},
    }
    assert home.published.stat().st_gid == home.root.stat().st_gid


def test_the_set_up_of_one_group_is_read_by_all_and_the_doctor_says_so(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide before: the secrets for the group of the service, and everyone in that group."""
    home, web = machine.home, machine.web
    monkeypatch.setattr(access, "WEB_SERVERS", frozenset({web}))
    monkeypatch.setattr(access, "ENVIRONMENT_FILE", machine.environment)
    examined = Examined(home, {"LEVELGROUND_HOME": str(home.root)}, ROOT / "requirements.lock")
    checks = ("permissions", "accounts", "environment file", "public folder")
    assert [result for check in checks for result in examined.bad(check)] == []

    shutil.chown(machine.environment, "root", machine.service)
    machine.environment.chmod(0o640)
    team = f"{machine.service}-team"
    for account, group in ((web, machine.service), (machine.analyst, machine.service), (web, machine.readers), (web, team)):
        subprocess.run(["usermod", "-aG", group, account], check=True)
    assert machine.reads(web, machine.environment)
    assert machine.reads(machine.analyst, machine.environment)
    assert machine.reads(web, home.published_analyst)

    found = [result for check in checks for result in examined.bad(check)]
    assert {result.verdict for result in found} == {Verdict.ERROR}
    assert {result.where for result in found} == {
        f"account {web}", f"account {machine.analyst}", *map(str, (home.published, home.published_analyst, machine.environment)),
    }  # fmt: skip
    for remedy in sorted({_command(result) for result in found}):
        subprocess.run(remedy, shell=True, check=True, capture_output=True)
    assert [result for check in checks for result in examined.bad(check)] == []
    assert not machine.reads(web, machine.environment)
    assert not machine.reads(web, home.published_analyst)


def _command(result: CheckResult) -> str:
    return result.remedy.split("`")[1]
