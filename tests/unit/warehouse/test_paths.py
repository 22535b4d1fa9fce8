"""The layout of a home is an interface: other programs open these paths."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from warehouse.paths import Home, HomeUnwritable


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("warehouse", "warehouse.duckdb"),
        ("run_lock", "run.lock"),
        ("deliveries", "deliveries"),
        ("releases", "releases"),
        ("published", "published"),
        ("published_analyst", "published/levelground.duckdb"),
        ("published_public", "published/levelground_public.duckdb"),
        ("current_json", "published/current.json"),
        ("disclosure", "disclosure"),
        ("ledger", "disclosure/ledger.parquet"),
        ("runs", "runs"),
        ("home_json", "home.json"),
        ("dagster", "dagster"),
        ("docs", "docs"),
        ("logs", "logs"),
    ],
)
def test_layout_is_that_of_the_design(name: str, where: str) -> None:
    assert getattr(Home(Path("/srv/levelground")), name) == Path("/srv/levelground") / where


def test_ensure_makes_private_folders_private_and_published_readable_by_the_group(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home")
    home.ensure()
    assert stat.S_IMODE(home.published.stat().st_mode) == 0o750
    for folder in (home.deliveries, home.releases, home.runs, home.logs, home.temporary):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert [path for path in home.root.rglob("*") if path.is_file()] == []


def test_ensure_leaves_an_operators_modes_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    home.published.chmod(0o755)
    home.ensure()
    assert stat.S_IMODE(home.published.stat().st_mode) == 0o755


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.runs.write_text("not a folder")
    with pytest.raises(HomeUnwritable, match=r"cannot write to .*/home/runs: .*LEVELGROUND_HOME") as caught:
        home.ensure()
    assert caught.value.path == home.runs


def test_a_home_where_nothing_can_be_made_is_named() -> None:
    home = Home(Path("/proc/levelground"))
    with pytest.raises(HomeUnwritable, match="cannot write to /proc/levelground"):
        home.ensure()
