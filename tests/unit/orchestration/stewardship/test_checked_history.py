"""A check compares a delivery with the earlier ones of the home, as the next run does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import typer
import yaml

from orchestration.cli.sources import sources as commands
from orchestration.cli.sources.sources import accept
from orchestration.runs.decisions import Acceptance, accept_load, read_acceptance
from orchestration.runs.record import RunRecord, RunStore, new_status
from orchestration.settings import ConfigurationError, Settings
from orchestration.stewardship.check_delivery import DeliveryCheck, check_delivery, report_page
from tests.support.visits import CONTRACT, NOON, Warehouse, visits_contract

COLUMNS: list[dict[str, Any]] = [{"name": "k", "type": "integer"}, {"name": "d", "type": "date"}, {"name": "v"}]
LOADS: dict[str, dict[str, Any]] = {
    "replace": {"mode": "replace"},
    "append": {"mode": "append"},
    "merge": {"mode": "merge", "key": ["k"]},
    "replace_period": {"mode": "replace_period", "period_column": "d", "period": "month"},
}


def csv_of(rows: range, day: str = "2025-01-01") -> str:
    return "\n".join(["k,d,v", *(f"{row},{day},a" for row in rows), ""])


@pytest.fixture
def home(tmp_path: Path) -> Callable[..., tuple[Warehouse, Settings]]:
    """A home with one promoted delivery of 100 rows, and a later one, by default of 20 rows, that the last run held back."""

    def make(mode: str, later: str = csv_of(range(20)), required: str = "") -> tuple[Warehouse, Settings]:
        changes = {"columns": [{**each, "required": each["name"] == required} for each in COLUMNS], "load": LOADS[mode]}
        contract = visits_contract(**changes)
        sources = tmp_path / "sources"
        sources.mkdir()
        (sources / f"{contract.source}.yml").write_text(yaml.safe_dump(CONTRACT | changes))
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "city.yml").write_text("city: milwaukee\n")
        settings = Settings.from_environment(
            {
                "LEVELGROUND_HOME": str(tmp_path),
                "LEVELGROUND_DELIVERIES": str(tmp_path / "in"),
                "LEVELGROUND_SOURCES": str(sources),
            }
        )
        settings.home.ensure()
        warehouse = Warehouse(tmp_path, duckdb.connect())
        warehouse.take(contract, {"f.csv": csv_of(range(100))})
        held_back = warehouse.deliver(contract, {"f.csv": later})
        record = RunRecord(
            run_id="r", as_of=NOON.isoformat(), city="milwaukee", deliveries="in", started_at=NOON.isoformat(), trigger="cli"
        )
        status = new_status(contract, "r").held_back("it has lost rows", 20, load_id=held_back.load_id)
        record.sources[contract.source] = status
        record.outcome = "unchanged"
        RunStore(settings.home.runs).save(record)
        return warehouse, settings

    return make


def checked(settings: Settings, text: str) -> DeliveryCheck:
    file = settings.home.root / "next.csv"
    file.write_text(text)
    return check_delivery(settings, CONTRACT["source"], file)


def failed(check: DeliveryCheck) -> list[str]:
    return [finding.expectation for finding in check.gate.failed_critical]


@pytest.mark.parametrize("mode", LOADS)
def test_a_delivery_that_a_run_held_back_for_lost_rows_is_held_back_by_a_check(
    home: Callable[[str], tuple[Warehouse, Settings]], mode: str
) -> None:
    _, settings = home(mode)
    check = checked(settings, csv_of(range(20)))
    assert failed(check) == ["rows_lost"]
    assert not check.is_promoted
    whole = checked(settings, csv_of(range(100)))
    assert whole.is_promoted
    assert not failed(whole)


def test_a_delivery_with_a_new_period_is_compared_with_the_rows_that_it_replaces(
    home: Callable[[str], tuple[Warehouse, Settings]],
) -> None:
    """As many rows as usual, and most of the landed period is lost."""
    _, settings = home("replace_period")
    lost = csv_of(range(5)) + csv_of(range(100, 200), "2025-02-01").split("\n", 1)[1]
    assert failed(checked(settings, lost)) == ["rows_lost"]


def test_new_keys_add_to_the_landed_ones(home: Callable[[str], tuple[Warehouse, Settings]]) -> None:
    _, settings = home("merge")
    assert checked(settings, csv_of(range(200, 220))).gate.passed


def test_an_accepted_delivery_is_promoted(home: Callable[[str], tuple[Warehouse, Settings]]) -> None:
    warehouse, settings = home("replace")
    load = warehouse.store.records()[-1].load_id
    accept_load(warehouse.store, load, Acceptance(accepted_by="ana", reason="the office closed", at=NOON.isoformat()))
    check = checked(settings, csv_of(range(20)))
    assert failed(check) == ["rows_lost"]
    assert check.is_promoted
    assert check.accepted is not None
    assert check.accepted.accepted_by == "ana"
    assert check.result == "1 critical finding, accepted by ana (the office closed); a run promotes it"
    assert "the office accepted it: the office closed" in report_page(check)


def test_a_damaged_journal_ends_the_check(home: Callable[[str], tuple[Warehouse, Settings]]) -> None:
    warehouse, settings = home("replace")
    (warehouse.store.folder / "accepted.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"accepted\.json cannot be read"):
        checked(settings, csv_of(range(20)))


@pytest.mark.parametrize(("required", "is_refused"), [("d", True), ("v", False)])
def test_a_load_without_a_required_column_cannot_be_accepted(
    home: Callable[..., tuple[Warehouse, Settings]], monkeypatch: pytest.MonkeyPatch, required: str, *, is_refused: bool
) -> None:
    """Every row of it would be rejected, and the landed rows that it replaces be lost."""
    warehouse, settings = home("replace", "k,v\n1,a\n", required)
    for name, value in (("HOME", settings.home.root), ("DELIVERIES", settings.deliveries), ("SOURCES", settings.further_sources)):
        monkeypatch.setenv(f"LEVELGROUND_{name}", str(value))
    load = warehouse.store.records()[-1].load_id
    if is_refused:
        with pytest.raises(ConfigurationError, match=f"the load {load} lacks d, .*ask the steward for it, or add its new name"):
            accept(CONTRACT["source"], load, "the file is complete")
    else:
        accept(CONTRACT["source"], load, "the file is complete")
    assert (read_acceptance(warehouse.store, load) is None) == is_refused


def test_a_check_names_the_folder_that_it_read(
    home: Callable[[str], tuple[Warehouse, Settings]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a run with --deliveries, a check reads the folder that the home recorded, which may be another one."""
    _, settings = home("append")
    root, source = settings.home.root, CONTRACT["source"]
    for name, path in {"HOME": root, "DELIVERIES": root / "in", "SOURCES": root / "sources"}.items():
        monkeypatch.setenv(f"LEVELGROUND_{name}", str(path))
    (root / "in" / source).mkdir()
    (root / "in" / source / "f.csv").write_text(csv_of(range(100, 200)))
    with pytest.raises(typer.Exit):
        commands.check(source)
    assert f"read: {root / 'in' / source}\n" in capsys.readouterr().err


def test_a_delivery_that_lost_every_race_is_held_back_by_a_check_as_by_a_run(tmp_path: Path) -> None:
    """The check reported that it fits its contract, and the page for its steward that nothing is wrong."""
    race = {"name": "v", "role": "race", "vocabulary": "eeo4_hr", "offered": ["White", "Black"], "privacy": "sensitive"}
    changes = {"columns": [*COLUMNS[:2], race], "load": LOADS["merge"], "statistical_unit": "person"}
    contract = visits_contract(**changes)
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / f"{contract.source}.yml").write_text(yaml.safe_dump(CONTRACT | changes))
    (tmp_path / "city.yml").write_text("city: milwaukee\n")
    names = {"HOME": tmp_path, "DELIVERIES": tmp_path, "SOURCES": sources}
    settings = Settings.from_environment({f"LEVELGROUND_{name}": str(path) for name, path in names.items()})
    settings.home.ensure()
    known = csv_of(range(100)).replace(",a", ",White")
    Warehouse(tmp_path, duckdb.connect()).take(contract, {"f.csv": known})
    assert checked(settings, known).result == "fits its contract"
    check = checked(settings, csv_of(range(100)).replace(",a", ","))
    assert failed(check) == ["known_race_lost"]
    assert not check.is_promoted
    assert "No row has a known value in v, and earlier deliveries had one." in report_page(check)
