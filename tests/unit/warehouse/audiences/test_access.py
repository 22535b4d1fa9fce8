"""Each account reads the files of its groups and no other: real accounts, groups and modes of the operating system."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.cli.release.chosen_file import CannotShow, choose_file
from tests.support.published_files import sealed
from warehouse.audiences.access import set_groups, set_tables
from warehouse.paths import Home
from warehouse.releases import swap

FILES = ("team", "figures", "health", "staff", "public")
NOBODY = 65534
ACCOUNT = pwd.getpwuid(NOBODY).pw_name
# Groups that every Debian has; the account of the test is in none of them
TEAM, HEALTH, READERS = "games", "news", "irc"


@pytest.fixture
def released() -> Iterator[Home]:
    """A published release with files of three audiences, in a folder that other accounts may enter."""
    root = Path(tempfile.mkdtemp(prefix="levelground-access-"))
    root.chmod(0o755)
    home = Home(root / "home")
    home.ensure()
    manifest = sealed(home, 3)
    swap(home, manifest.release_id)
    for name in ("figures", "records_health", "records_staff"):
        shutil.copyfile(home.published_analyst, home.published / f"levelground_{name}.duckdb")
    tables = {"figures": ["marts.fct_equity_measures"], "health": ["marts.fct_lead_tests"], "staff": []}
    set_tables(home, ((name, listed, None) for name, listed in tables.items()))
    for path in (home.root, *home.root.rglob("*")):
        os.chown(path, -1, grp.getgrnam(READERS).gr_gid)
    yield home
    shutil.rmtree(root)


def readable(home: Home, groups: tuple[str, ...], uid: int = NOBODY) -> dict[str, str]:
    """What an account in these groups reads with each option, and without any: the file's name, or the message."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([grp.getgrnam(name).gr_gid for name in groups])
        os.setgid(NOBODY)
        os.setuid(uid)
        found = {}
        for name in ("any", *FILES):
            options = {"any": {}, "public": {"public": True}, "figures": {"figures": True}}.get(name, {"audience": name})
            try:
                chosen = choose_file(home, **options)  # type: ignore[arg-type]
                found[name] = chosen.path.name if chosen.path.read_bytes()[8:12] == b"DUCK" else "?"
            except CannotShow as error:
                found[name] = str(error)
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return dict(json.loads(text))


def read(found: dict[str, str]) -> set[str]:
    return {name for name, answer in found.items() if answer.endswith(".duckdb")}


def test_four_accounts_read_the_files_of_their_groups(released: Home) -> None:
    assert set_groups(released, {"team": TEAM, "figures": None, "health": HEALTH, "staff": None}) == []
    team, health, figures = (readable(released, groups) for groups in ((READERS, TEAM), (READERS, HEALTH), (READERS,)))
    assert read(team) == {"any", "team", "figures", "public"}
    assert team["any"] == "levelground.duckdb"
    assert read(health) == {"any", "health", "figures", "public"}
    assert health["any"] == "levelground_figures.duckdb"
    assert health["health"] == "levelground_records_health.duckdb"
    assert read(figures) == {"any", "figures", "public"}
    assert figures["any"] == "levelground_figures.duckdb"
    assert read(readable(released, ())) == read(readable(released, (HEALTH,))) == set()
    assert readable(released, ())["figures"] == (
        f"{ACCOUNT} may not enter {released.root}; ask the data team for the group of your audience"
    )
    assert figures["health"] == (
        f"{ACCOUNT} may not read {released.published / 'levelground_records_health.duckdb'}, which is for the group {HEALTH}; "
        "ask the data team to add you, or read the figures with --figures"
    )
    assert "levelground_records_staff.duckdb, which is for its owner alone; ask" in team["staff"]


def test_a_reader_of_one_audience_without_figures_gets_its_records(released: Home) -> None:
    set_groups(released, {"team": TEAM, "figures": TEAM, "health": HEALTH})
    assert readable(released, (READERS, HEALTH))["any"] == "levelground_records_health.duckdb"


def test_without_groups_nothing_is_open_that_was_not(released: Home) -> None:
    assert set_groups(released, {"figures": None, "health": None}) == []
    modes = {path.name: path.stat().st_mode & 0o777 for path in released.published.glob("*.duckdb")}
    assert modes == {
        "levelground.duckdb": 0o440, "levelground_public.duckdb": 0o440, "levelground_figures.duckdb": 0o440,
        "levelground_records_health.duckdb": 0o400, "levelground_records_staff.duckdb": 0o400,
    }  # fmt: skip
    assert released.published.stat().st_mode & 0o777 == 0o750


def test_a_group_that_does_not_exist_is_a_sentence_and_the_owner_alone_reads(released: Home) -> None:
    (problem,) = set_groups(released, {"health": "no_such_group"})
    assert problem == (
        "levelground_records_health.duckdb is for its owner alone: there is no group no_such_group on this machine; create it "
        "(`groupadd no_such_group`), or name another group in city.yml under audiences"
    )
    assert (released.published / "levelground_records_health.duckdb").stat().st_mode & 0o777 == 0o400


def test_an_audience_that_the_release_does_not_have_is_a_sentence(released: Home) -> None:
    with pytest.raises(CannotShow, match=r"the release has no file of 'healht'\. Did you mean health\? It has health, staff"):
        choose_file(released, audience="healht")
    with pytest.raises(CannotShow, match="choose one of them"):
        choose_file(released, audience="health", figures=True)
