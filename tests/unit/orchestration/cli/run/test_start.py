"""`levelground start` writes a city, runs it on its national tables, and says where its scorecard is."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.cli.run import start
from tests.conftest import CommandLine

# a run that prints its city and what it reads, and writes a scorecard
SCRIPT = (
    'echo "run of $LEVELGROUND_CITY on $LEVELGROUND_DELIVERIES, $LEVELGROUND_SHARED_BATCHES"; '
    'site="$LEVELGROUND_HOME/published/scorecard"; mkdir -p "$site"; touch "$site/index.html"; exit $RUN_ENDS_WITH'
)


@pytest.fixture
def levelground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setattr(start, "COMMAND", ("sh", "-c", SCRIPT))
    return CommandLine(tmp_path / "unused")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for source in ("urban__employment", "ucc__service_requests"):
        (tmp_path / "data" / source).mkdir(parents=True)
        (tmp_path / "data" / source / "rows.csv").write_text("year\n")
    return tmp_path / "data"


def test_a_city_is_written_and_run(
    levelground: CommandLine, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cities = tmp_path / "cities"
    command = ("start", "Saint Paul, Minnesota", "--data", data, "--out", cities)
    ended = levelground(*command, env={"RUN_ENDS_WITH": "4"})
    assert ended.returncode == 4
    assert "as suggested for St. Paul, Minnesota: county 27123 (Ramsey County) and time zone America/Chicago" in ended.stdout
    assert "national tables: urban__employment\n" in ended.stdout
    index = cities / "saint_paul" / "home" / "published" / "scorecard" / "index.html"
    assert ended.stdout.endswith(f"checklist for more: {cities}/saint_paul/layer/README.md\nscorecard: {index}\n")
    of_city = cities / "saint_paul"
    assert f"run of {of_city}/layer on {of_city}/deliveries, {cities}/shared" in capfd.readouterr().out
    assert sorted(path.name for path in (of_city / "deliveries").iterdir()) == ["city.yml", "urban__employment"]

    again = levelground(*command, "--county", "27003", env={"RUN_ENDS_WITH": "0"})
    assert again.returncode == 0
    assert f"decided in {of_city}/layer/city.yml" in again.stdout and "as suggested" not in again.stdout
    assert '"27123"' in (of_city / "layer" / "city.yml").read_text()


def test_a_home_that_a_setting_names_has_all_files_of_its_city(levelground: CommandLine, data: Path) -> None:
    home = levelground.home
    ended = levelground("start", "2758000", "--data", data, env={"RUN_ENDS_WITH": "0"})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith(f"scorecard: {home}/published/scorecard/index.html\n")
    assert sorted(path.name for path in (home / "start").iterdir()) == ["deliveries", "layer"]
    (home / "home.json").write_text('{"deliveries": "sample", "city": "sampleton"}')
    other = levelground("start", "2758000", "--data", data, env={"RUN_ENDS_WITH": "0"})
    assert (other.returncode, f"the home {home} holds the city sampleton, not saint_paul" in other.stderr) == (2, True)


def test_a_run_that_is_blocked_prints_no_scorecard(levelground: CommandLine, data: Path, tmp_path: Path) -> None:
    ended = levelground("start", "2758000", "--data", data, "--out", tmp_path, env={"RUN_ENDS_WITH": "3"})
    assert (ended.returncode, "scorecard:" in ended.stdout) == (3, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Springfield",), "3 cities are called 'Springfield': Springfield, Missouri (2970000)"),
        (("2758000", "--county", "55079"), "'55079' is no county of Minnesota; write its GEOID, 5 digits that begin with 27"),
        (("2758000", "--time-zone", "Central"), "'Central' is no time zone; write it like America/Chicago"),
        (("2758000", "--data", "."), "Put the files of each into a folder of its name"),
        (("2758000", "--data", "nowhere"), "there is no folder"),
    ],
)
def test_what_cannot_be_started_is_refused(
    levelground: CommandLine, data: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = ("--data", str(data)) if "--data" not in arguments else ()
    refused = levelground("start", *arguments, *before, "--out", tmp_path / "cities")
    assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
    assert not (tmp_path / "cities").exists()
