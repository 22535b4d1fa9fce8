"""What a person may ask to remove, and what the home needs for it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from ingest.contract.registry import load_registry
from ingest.delivery.removals import ErasedKeys, SourceRemovals, key_check
from ingest.erasure import complete, plan_erasure
from ingest.erasure.plan import write_plan
from orchestration.cli.sources.erase import repeat_key_option
from orchestration.runs.hash_key import check_erased
from orchestration.settings import ConfigurationError, Settings
from orchestration.stewardship.removal import (
    find_records,
    parse_conditions,
    parse_keys,
    required_hash_key,
    same_key_sources,
)
from tests.support.small_home import small_home
from tests.support.visits import CITY_ZONE

KEY = b"a long random text for tests 0123456789"
REGISTRY = load_registry()


def settings(tmp_path: Path, key: bytes | None = KEY) -> Settings:
    return dataclasses.replace(Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")}), hash_key=key)


def test_values_are_keys_in_the_order_of_the_contract() -> None:
    assert parse_keys(REGISTRY["mmc__court_cases"], ["1", "2"]) == [("1",), ("2",)]
    assert parse_keys(REGISTRY["oei__resident_survey"], ["2024", "7", "2025", "9"]) == [("2024", "7"), ("2025", "9")]


@pytest.mark.parametrize("values", [[], ["2024"], ["2024", "7", "2025"]])
def test_a_part_of_a_key_is_refused(values: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="wave, respondent_number: give 2 values per record"):
        parse_keys(REGISTRY["oei__resident_survey"], values)


def test_a_source_without_a_key_asks_for_columns() -> None:
    with pytest.raises(ConfigurationError, match=r"has no key.*--where COLUMN=VALUE"):
        parse_keys(REGISTRY["ucc__service_requests"], ["1"])


def test_conditions_name_columns_that_are_kept() -> None:
    contract = REGISTRY["ucc__service_requests"]
    assert parse_conditions(contract, ["address=1 Main St = rear"]) == [("address", "1 Main St = rear")]
    for text in ("address", "elsewhere=1", "=1"):
        with pytest.raises(ConfigurationError, match="--where takes COLUMN=VALUE"):
            parse_conditions(contract, [text])


def test_the_answer_to_an_input_has_the_same_key() -> None:
    linked = {contract.source: [c.source for c in same_key_sources(REGISTRY, contract)] for contract in REGISTRY}
    assert {source: others for source, others in linked.items() if others} == {
        "oei__engagement_inputs": ["oei__engagement_responses"],
        "oei__engagement_responses": ["oei__engagement_inputs"],
    }


def test_the_hash_key_is_needed_and_must_be_the_same(tmp_path: Path) -> None:
    erased = SourceRemovals(key_check=key_check(KEY), erased=(ErasedKeys(columns=("k",), hashes=("h",)),))
    check_erased(settings(tmp_path).hash_key, {"dpt__visits": erased})
    check_erased(None, {"dpt__visits": SourceRemovals()})
    for key, message in ((None, "LEVELGROUND_HASH_KEY is not set, but records of dpt__visits"), (b"other", "is not the one")):
        with pytest.raises(ConfigurationError, match=message):
            check_erased(key, {"dpt__visits": erased})
    with pytest.raises(ConfigurationError, match="LEVELGROUND_HASH_KEY is not set, but an erased record"):
        required_hash_key(settings(tmp_path, None))
    with pytest.raises(ConfigurationError, match="can be found by trying"):
        required_hash_key(settings(tmp_path, b"short"))


def test_a_record_that_is_not_there_is_refused_and_one_erased_before_is_not(tmp_path: Path) -> None:
    small = small_home(tmp_path)
    configured = settings(tmp_path)
    with pytest.raises(ConfigurationError, match="has 1 of the 2 records"):
        find_records(configured, REGISTRY, small.contract, ["VISIT-00001", "VISIT-99999"], [], CITY_ZONE)
    with pytest.raises(ConfigurationError, match="no kept delivery of dpt__visits has a row with these values"):
        find_records(configured, REGISTRY, small.contract, [], ["note=no such note"], CITY_ZONE)
    found = find_records(configured, REGISTRY, small.contract, ["VISIT-00001"], [], CITY_ZONE)
    plan, rows = plan_erasure(configured.home, found, required_hash_key(configured), "expunged", "clerk", dt.datetime(2026, 1, 1))
    write_plan(small.home, plan, rows)
    complete(small.home)
    assert find_records(configured, REGISTRY, small.contract, ["VISIT-00001"], [], CITY_ZONE) == []


@pytest.mark.parametrize(
    ("args", "expanded"),
    [
        (["s", "--key", "A", "B", "--reason", "r"], ["s", "--key", "A", "--key", "B", "--reason", "r"]),
        (["s", "--key", "A", "--key", "B"], ["s", "--key", "A", "--key", "B"]),
        (["s", "--key=-A", "--reason", "r"], ["s", "--key=-A", "--reason", "r"]),
        (["--resume"], ["--resume"]),
    ],
)
def test_a_key_option_takes_all_values_up_to_the_next_option(args: list[str], expanded: list[str]) -> None:
    assert repeat_key_option(args) == expanded
