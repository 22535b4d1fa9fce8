"""A check of a delivery answers without a home, and leaves none behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.results import ExpectationResult, GateResult
from orchestration.cli.sources.delivery_check import label_lines
from orchestration.settings import ConfigurationError, Settings
from orchestration.stewardship import check_delivery
from tests.support.visits import visits_contract

REQUESTS = "ucc__service_requests"
HEADER = "CREATIONDATE,CLOSEDDATETIME,OBJECTDESC,TITLE,CASECLOSUREREASONDESCRIPTION"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})


def test_a_check_neither_makes_nor_binds_a_home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = GateResult("delivery", REQUESTS, (ExpectationResult("rows", None, "critical", True, 1.0, 1.0, ""),))
    monkeypatch.setattr(check_delivery, "audit_delivery", lambda *_: result)
    file = tmp_path / "requests.csv"
    file.write_text(f"{HEADER}\n2025-01-02 03:04:05,,,Graffiti,\n")
    checked = check_delivery.check_delivery(settings, REQUESTS, file)
    assert checked.delivery is not None
    assert (checked.delivery.rows, checked.gate) == (1, result)
    assert not settings.home.root.exists()


def test_without_a_home_and_without_a_file_there_is_nothing_to_check(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="does not exist yet; name a file"):
        check_delivery.check_delivery(settings, REQUESTS, None)
    assert not settings.home.root.exists()


def test_a_check_names_the_labels_without_a_row(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = ExpectationResult("unmapped_labels_pct", "race", "critical", False, 9.0, 0.0, "labels")
    monkeypatch.setattr(check_delivery, "audit_delivery", lambda *_: GateResult("delivery", "dpt__visits", (failed,)))
    race = {"name": "race", "from": "Race", "role": "race", "vocabulary": "eeo4_hr", "privacy": "sensitive"}
    contract = visits_contract(columns=[{"name": "id", "from": "Id"}, race])
    file = tmp_path / "visits.csv"
    labels = ["WHITE"] * 20 + ["Declined to Answer"] * 30 + ["Jane Roe of 4 Elm St"]
    file.write_text("Id,Race\n" + "".join(f"{number},{label}\n" for number, label in enumerate(labels)))
    checked = check_delivery.check_delivery(settings, "dpt__visits", file, contract)
    assert list(label_lines(checked)) == [
        "\nrace: 2 labels without a row in the crosswalk",
        "  `levelground try dpt__visits` lists those that may be named",
    ]
    public = visits_contract(columns=[{"name": "id", "from": "Id"}, race | {"privacy": "public"}])
    file.write_text("Id,Race\n1,Declined to Answer\n")
    shown = list(label_lines(check_delivery.check_delivery(settings, "dpt__visits", file, public)))
    assert shown == ["\nrace: 1 label without a row in the crosswalk", "  'Declined to Answer', 1 of 1 rows, 100.0 %"]


@pytest.mark.parametrize(
    ("columns", "unit", "rows", "result"),
    [
        (
            [{"name": "fee", "type": "integer"}],
            "record",
            "Id,fee\n1,\n2,\n",
            "but no number is read: all cells of fee are empty or none",
        ),
        ([{"name": "fee", "type": "integer"}], "record", "Id,fee\n1,\n2,7\n", None),
        ([{"name": "fee"}], "record", "Id,fee\n1,7\n", "but no number is read: no column of the contract is one"),
        ([{"name": "fee", "type": "date"}], "record", "Id,fee\n1,2025-01-02\n", None),
        ([{"name": "fee", "type": "date"}], "aggregate", "Id,fee\n1,2025-01-02\n", "but no number is read"),
    ],
)
def test_a_delivery_without_a_number_does_not_just_fit(
    settings: Settings, tmp_path: Path, columns: list[dict[str, str]], unit: str, rows: str, result: str | None
) -> None:
    contract = visits_contract(columns=[{"name": "id", "from": "Id"}, *columns], statistical_unit=unit, load={"mode": "replace"})
    (tmp_path / "visits.csv").write_text(rows)
    checked = check_delivery.check_delivery(settings, "dpt__visits", tmp_path / "visits.csv", contract)
    assert checked.gate.passed
    assert checked.result.startswith(f"fits its contract, {result}" if result else "fits its contract")
    assert ("no number" in checked.result) == bool(result)
