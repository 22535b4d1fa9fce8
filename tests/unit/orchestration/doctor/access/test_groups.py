"""The doctor finds accounts that read more than they should, by the groups that they are in."""

from __future__ import annotations

import grp
import pwd
from types import SimpleNamespace

import pytest

from orchestration.doctor import Verdict
from tests.unit.orchestration.doctor.conftest import Examined


@pytest.fixture
def machine(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> dict[int, SimpleNamespace]:
    """A machine whose account 4000 `service` owns the home, with the group 4000; the readers are group 5000."""
    groups = {
        4000: SimpleNamespace(gr_name="service", gr_mem=[]),
        5000: SimpleNamespace(gr_name="readers", gr_mem=["ana", "service"]),
    }
    accounts = {"service": (4000, 4000), "ana": (4001, 4001), "www-data": (33, 33), "intern": (4002, 4000)}
    found = {name: SimpleNamespace(pw_name=name, pw_uid=uid, pw_gid=gid) for name, (uid, gid) in accounts.items()}
    monkeypatch.setattr(grp, "getgrgid", groups.__getitem__)
    monkeypatch.setattr(pwd, "getpwall", lambda: list(found.values()))
    monkeypatch.setattr(pwd, "getpwnam", found.__getitem__)
    monkeypatch.setattr(pwd, "getpwuid", {one.pw_uid: one for one in found.values()}.__getitem__)
    original = type(examined.home.root).stat

    def stat(path: object, **options: object) -> SimpleNamespace:
        true = original(path, **options)  # type: ignore[arg-type]
        return SimpleNamespace(st_mode=true.st_mode, st_uid=4000, st_gid=5000)

    monkeypatch.setattr(type(examined.home.root), "stat", stat)
    return groups


def test_another_account_in_the_group_of_the_service_is_an_error(examined: Examined, machine: dict[int, SimpleNamespace]) -> None:
    machine[4000].gr_mem = ["ana"]
    ana, intern = examined.bad("accounts")
    assert (ana.where, ana.remedy) == ("account ana", "`gpasswd --delete ana service`, then start its processes again")
    assert (intern.where, intern.remedy) == (
        "account intern", "give it a group of its own: `groupadd intern; usermod --gid intern intern`",
    )  # fmt: skip


def test_a_web_server_that_reads_records_is_an_error(examined: Examined, machine: dict[int, SimpleNamespace]) -> None:
    machine[5000].gr_mem = ["ana", "www-data"]
    found = [result for result in examined.bad("accounts") if result.where != "account intern"]
    assert [result.where for result in found] == [str(examined.home.published), str(examined.home.published_analyst)]
    assert {result.verdict for result in found} == {Verdict.ERROR}
    assert {result.remedy for result in found} == {"`gpasswd --delete www-data readers`, then start its processes again"}


def test_the_readers_of_each_file_are_listed(examined: Examined, machine: dict[int, SimpleNamespace]) -> None:
    listed = {result.where: result.what for result in examined("accounts") if result.verdict is Verdict.OK}
    assert listed == {
        str(path): "read by group readers: ana" for path in (examined.home.published, examined.home.published_analyst)
    }
