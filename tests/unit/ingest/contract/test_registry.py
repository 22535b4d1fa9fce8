"""Contracts are found by their names, in the repository and a further folder, and a city may change a few keys of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ingest.city import city_registry, read_city
from ingest.contract.registry import CITY_KEYS, ContractError, Registry, UnknownSource, load_registry
from ingest.contract.sections.general import Licence

EVERYTHING = Path(__file__).with_name("contracts") / "valid" / "dpt__everything.yml"
REQUESTS = "ucc__service_requests"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return city_registry(read_city(None))


@pytest.fixture
def city_file(tmp_path: Path) -> Path:
    return tmp_path / "city.yml"


def test_contracts_go_by_their_names(registry: Registry) -> None:
    assert registry[REQUESTS].source == REQUESTS
    assert REQUESTS in registry
    assert "ucc__requests" not in registry
    assert [contract.source for contract in registry] == sorted(registry.names())
    assert len(registry) == len(registry.names())


def test_an_unknown_name_is_reported_with_the_nearest_one(registry: Registry) -> None:
    with pytest.raises(UnknownSource, match=r"'ucc__requests'. Did you mean ucc__service_requests\? `levelground sources list`"):
        registry["ucc__requests"]
    with pytest.raises(UnknownSource, match=r"^no contract is called 'q'. `levelground sources list` lists all$"):
        registry["q"]


def test_a_further_folder_adds_contracts() -> None:
    further = [file.stem for file in EVERYTHING.parent.glob("*.yml")]
    assert "dpt__everything" in further
    assert load_registry(EVERYTHING.parent).names() == tuple(sorted([*load_registry().names(), *further]))


def test_a_further_folder_that_is_none_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="LEVELGROUND_SOURCES: no such folder; unset it, or name a folder of contracts"):
        load_registry(tmp_path / "nowhere")


def test_a_second_contract_of_a_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / EVERYTHING.name).write_text(EVERYTHING.read_text())
    (tmp_path / f"{REQUESTS}.yml").write_text(
        EVERYTHING.read_text()
        .replace("dpt__everything", REQUESTS)
        .replace("department: dpt", "department: ucc")
        .replace("formerly: desk__everything", "formerly: ucc__requests")
    )
    with pytest.raises(ContractError) as refused:
        load_registry(tmp_path)
    (problem,) = refused.value.problems
    assert problem.file == tmp_path / f"{REQUESTS}.yml"
    assert problem.message == f"{REQUESTS} has a contract already; each source has one"


def test_the_problems_of_all_contracts_are_reported_at_once(tmp_path: Path) -> None:
    for name in ("unknown_key", "merge_without_key"):
        text = (EVERYTHING.parent.parent / "invalid" / f"{name}.yml").read_text()
        (tmp_path / f"{name}.yml").write_text(text)
    with pytest.raises(ContractError) as refused:
        load_registry(tmp_path)
    assert {(problem.file.stem, problem.field) for problem in refused.value.problems} == {
        ("unknown_key", "grian"),
        ("merge_without_key", "load"),
    }


def test_a_city_changes_what_it_may(registry: Registry, city_file: Path) -> None:
    changes = {
        "jurisdiction": "9900001",
        "coverage": "county",
        "delivered_by": "live",
        "follow_up": {"until": "delivery", "start": "created_at", "end": "closed_at"},
        "period": {"start": dt.date(2025, 1, 1), "end": dt.date(2025, 12, 31)},
        "as_of": dt.datetime(2026, 1, 1),
        "freshness": {"warn_after_hours": 1, "stale_after_hours": 2},
        "agreement": {"republish": "refused", "details": ["days"]},
        "audience": "housing",
    }
    assert set(changes) == set(CITY_KEYS)
    changed = registry.for_city({REQUESTS: changes}, city_file)
    contract, before = changed[REQUESTS], registry[REQUESTS]
    assert (contract.jurisdiction, contract.coverage, contract.delivered_by) == ("9900001", "county", "live")
    assert contract.follow_up is not None and contract.follow_up.until == "delivery"
    assert contract.period is not None and contract.period.end == dt.date(2025, 12, 31)
    assert contract.as_of == dt.datetime(2026, 1, 1)
    assert contract.freshness is not None and contract.freshness.stale_after_hours == 2
    assert contract.agreement == before.agreement.model_copy(update={"republish": "refused", "details": ("days",)})
    assert (before.audience, contract.audience) == ("services", "housing")
    unchanged = {name for name in type(contract).model_fields if name not in CITY_KEYS}
    assert all(getattr(contract, name) == getattr(before, name) for name in unchanged)
    assert all(changed[name] == registry[name] for name in registry.names() if name != REQUESTS)
    assert before.jurisdiction == "5553000"


@pytest.mark.parametrize(
    "agreement", [{"republish": "allowed", "suppress_below": 1}, {"zeros": "show"}, {}, "allowed", {"republish": "yes"}]
)
def test_a_city_decides_nothing_else_of_an_agreement(registry: Registry, city_file: Path, agreement: object) -> None:
    """A city that could lower `suppress_below` would undo what a department agreed to."""
    with pytest.raises(ContractError) as refused:
        registry.for_city({REQUESTS: {"agreement": agreement}}, city_file)
    (problem,) = refused.value.problems
    assert problem.field.startswith(f"sources.{REQUESTS}.agreement")


def test_a_licensed_table_waits_for_the_city(registry: Registry) -> None:
    agreement = registry[REQUESTS].agreement
    licence = Licence(id="CC-BY-NC-SA-4.0", attribution="A publisher", share_alike=True, commercial=False, evidence="its page")
    assert agreement.republication == "allowed"
    assert agreement.model_copy(update={"licence": licence}).republication == "undecided"
    assert agreement.model_copy(update={"licence": licence, "republish": "allowed"}).republication == "allowed"


def test_every_contract_can_be_changed_by_a_city(registry: Registry, city_file: Path) -> None:
    """A changed contract is read again from the first one's content; nothing may get lost."""
    everything = load_registry(EVERYTHING.parent)
    changed = everything.for_city({name: {"jurisdiction": "9900001"} for name in everything.names()}, city_file)
    for contract, before in zip(changed, everything, strict=True):
        assert contract == before.model_copy(update={"jurisdiction": "9900001"})


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        (
            f"city: milwaukee\nsources:\n  {REQUESTS}:\n    as_of: 2025-12-01\n    load: {{mode: replace}}\n",
            5,
            f"sources.{REQUESTS}.load",
            "a city may change only jurisdiction, coverage, delivered_by, follow_up, period, as_of, freshness, agreement",
        ),
        (
            "sources:\n  ucc__requests: {as_of: 2025-12-01}\n",
            2,
            "sources.ucc__requests",
            "no such source; known are assessor__parcels, ",
        ),
        (f"city: milwaukee\n{REQUESTS}: {{columns: []}}\n", 2, f"sources.{REQUESTS}.columns", "a city may change only"),
        (
            f"sources:\n  {REQUESTS}:\n    follow_up: {{until: delivery, start: opened_at, end: closed_at}}\n",
            3,
            f"sources.{REQUESTS}.follow_up.start",
            "opened_at is no column that this contract keeps",
        ),
        (f"sources:\n  {REQUESTS}:\n\n    jurisdiction: 55\n", 4, f"sources.{REQUESTS}.jurisdiction", "put it in quotes"),
        (f"sources:\n  {REQUESTS}: {{freshness: null}}\n", 2, f"sources.{REQUESTS}.freshness", "never stale"),
    ],
)
def test_what_a_city_may_not_change(registry: Registry, city_file: Path, text: str, line: int, field: str, message: str) -> None:
    city_file.write_text(text)
    with pytest.raises(ContractError) as refused:
        registry.for_city(read_city(city_file.parent, "milwaukee").sources, city_file)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.field) == (city_file, line, field)
    assert message in problem.message


def test_a_city_file_may_use_a_former_name(city_file: Path) -> None:
    registry = load_registry(renamed={"ucc__calls": "ucc__requests", "ucc__requests": REQUESTS})
    changed = registry.for_city({"ucc__calls": {"jurisdiction": "9900001"}}, city_file)
    assert changed[REQUESTS].jurisdiction == "9900001"
    assert changed.current_name("ucc__calls") == REQUESTS
    with pytest.raises(UnknownSource, match=f"'ucc__calls'. It is called {REQUESTS} now"):
        changed["ucc__calls"]
    both = {"ucc__calls": {"jurisdiction": "9900001"}, REQUESTS: {"jurisdiction": "9900002"}}
    with pytest.raises(ContractError, match=f"ucc__calls is called {REQUESTS} now, which has changes too"):
        registry.for_city(both, city_file)


def test_a_source_has_one_successor_and_no_contract_beside_it(tmp_path: Path) -> None:
    text = EVERYTHING.read_text()
    (tmp_path / EVERYTHING.name).write_text(text)
    assert load_registry(tmp_path).current_name("desk__everything") == "dpt__everything"
    second = text.replace("source: dpt__everything", "source: dpt__all").replace(
        "desk__everything", f"[desk__everything, {REQUESTS}]"
    )
    (tmp_path / "dpt__all.yml").write_text(second)
    with pytest.raises(ContractError) as refused:
        load_registry(tmp_path)
    messages = [(problem.field, problem.message.partition(" (")[0]) for problem in refused.value.problems]
    assert messages == [
        ("formerly", f"{REQUESTS} has a contract too"),
        ("formerly", "desk__everything is a former name of dpt__all already; a source has one successor"),
    ]
