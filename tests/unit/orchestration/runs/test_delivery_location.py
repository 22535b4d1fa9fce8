"""A home records what it reads, and refuses another city."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.contract.registry import SOURCES, ContractError, load_registry
from ingest.layers import state_layer
from orchestration.runs.delivery_location import (
    configured_location,
    home_city,
    read_delivery_location,
    resolve_delivery_location,
)
from orchestration.settings import ConfigurationError, Settings

REQUESTS = "ucc__service_requests"
KEY, OTHER_KEY = "a long text for tests", "another text for tests"
Made = Callable[..., Settings]


@pytest.fixture
def settings(tmp_path: Path) -> Made:
    """Settings of one home; keys are those of the environment, without the prefix."""

    def settings_of(**environment: str) -> Settings:
        named = {f"LEVELGROUND_{key}": value for key, value in environment.items()}
        return Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")} | named)

    return settings_of


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    """A folder of deliveries with the given city.yml."""

    def make_folder(name: str, city: str | None = "city: milwaukee\n") -> Path:
        path = tmp_path / name
        path.mkdir()
        if city is not None:
            (path / "city.yml").write_text(city)
        return path

    return make_folder


@pytest.fixture(autouse=True)
def sample_made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Replace the sample city by its city.yml; the folders that it was written to."""
    written: list[Path] = []

    def write(path: Path) -> None:
        (path / "city.yml").write_text("city: sampleton\n")
        written.append(path)

    monkeypatch.setattr("ingest.sample.write_sample", write)
    monkeypatch.setattr("ingest.sample.is_current_sample", lambda path: (path / "city.yml").is_file())
    return written


def stored_location(settings: Settings) -> dict[str, str]:
    data: dict[str, str] = json.loads(settings.home.home_json.read_text())
    return data


def test_a_new_home_reads_the_sample_city_by_default(settings: Made, sample_made: list[Path]) -> None:
    location = resolve_delivery_location(settings())
    assert (location.name, location.folder, location.city.city) == ("sample", settings().home.sample, "sampleton")
    assert stored_location(settings()) == {"deliveries": "sample", "city": "sampleton"}
    second = resolve_delivery_location(settings())
    assert (second.name, second.folder, second.city) == (location.name, location.folder, location.city)
    assert sample_made == [settings().home.sample], "it is written once"


def test_live_systems_belong_to_the_default_city(settings: Made, sample_made: list[Path]) -> None:
    location = resolve_delivery_location(settings(), "live")
    assert (location.name, location.folder, location.city.city) == ("live", None, "milwaukee")
    assert stored_location(settings()) == {"deliveries": "live", "city": "milwaukee"}
    assert (location.folders_without_contract(), sample_made) == ((), [])


def test_the_option_overrides_the_variable_which_overrides_the_home(settings: Made, folder: Callable[..., Path]) -> None:
    first, second, third = (folder(name) for name in ("first", "second", "third"))
    assert resolve_delivery_location(settings(), str(first)).folder == first
    assert resolve_delivery_location(settings()).folder == first
    assert resolve_delivery_location(settings(DELIVERIES=str(second))).folder == second
    assert resolve_delivery_location(settings(DELIVERIES=str(second)), str(third)).folder == third
    assert resolve_delivery_location(settings()).folder == first, "the home keeps what it settled on first"


def test_a_folder_is_recorded_by_its_absolute_path(
    settings: Made, folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder("deliveries")
    monkeypatch.chdir(path.parent)
    assert resolve_delivery_location(settings(), "deliveries").name == str(path)
    assert stored_location(settings())["deliveries"] == str(path)


def test_the_error_names_a_folder_that_does_not_exist(settings: Made, tmp_path: Path) -> None:
    for what in (tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(ConfigurationError) as refused:
            resolve_delivery_location(settings(), str(what))
        assert str(refused.value) == (
            f"there is no folder {what}; name a folder with one folder per source, or `sample`, or `live`"
        )
    assert not settings().home.root.exists()


def test_the_error_names_a_recorded_folder_that_was_deleted(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("deliveries")
    resolve_delivery_location(settings(), str(path))
    shutil.rmtree(path)
    with pytest.raises(ConfigurationError, match=f"there is no folder {path}"):
        resolve_delivery_location(settings())


@pytest.mark.parametrize("how", ["option", "variable"])
def test_another_city_is_refused_and_the_error_names_both(settings: Made, folder: Callable[..., Path], how: str) -> None:
    resolve_delivery_location(settings(), str(folder("here", "city: milwaukee\n")))
    before = stored_location(settings())
    other = folder("there", "city: new_ulm\n")
    with pytest.raises(ConfigurationError) as refused:
        resolve_delivery_location(
            settings(DELIVERIES=str(other)) if how == "variable" else settings(), str(other) if how == "option" else None
        )
    assert str(refused.value) == (
        f"the home {settings().home.root} holds the city milwaukee, but {other} contains new_ulm; "
        "a home holds one city: set LEVELGROUND_HOME to another folder for it"
    )
    assert stored_location(settings()) == before


def test_a_home_of_the_sample_city_refuses_live_systems(settings: Made) -> None:
    resolve_delivery_location(settings())
    with pytest.raises(ConfigurationError, match=r"holds the city sampleton, but live contains milwaukee"):
        resolve_delivery_location(settings(), "live")


def test_a_home_of_a_folder_of_the_sample_city_refuses_live_systems(settings: Made, folder: Callable[..., Path]) -> None:
    resolve_delivery_location(settings(), str(folder("sample", "city: sampleton\n")))
    with pytest.raises(ConfigurationError, match=r"holds the city sampleton, but live contains milwaukee"):
        resolve_delivery_location(settings(), "live")
    with pytest.raises(ConfigurationError, match=r"LEVELGROUND_CITY is sampleton, but live contains milwaukee"):
        resolve_delivery_location(settings(CITY="sampleton"), "live")


def test_a_home_of_another_city_refuses_the_sample(settings: Made) -> None:
    resolve_delivery_location(settings(), "live")
    with pytest.raises(ConfigurationError, match="holds the city milwaukee, but sample contains sampleton"):
        resolve_delivery_location(settings(), "sample")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"deliveries": "sample"}', "\udcff"])
def test_the_error_names_an_unreadable_home_file(settings: Made, text: str) -> None:
    resolve_delivery_location(settings())
    settings().home.home_json.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match=r"home\.json cannot be read; replace it by \{\"deliveries\": \"sample\""):
        resolve_delivery_location(settings())


def test_city_yml_overrides_contracts(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("deliveries", f"city: new_ulm\nsources:\n  {REQUESTS}: {{jurisdiction: '2746042'}}\n")
    assert resolve_delivery_location(settings(), str(path)).registry[REQUESTS].jurisdiction == "2746042"


def test_a_source_of_a_folder_may_be_fetched_live(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("in", f"city: milwaukee\n{REQUESTS}: {{delivered_by: live}}\n")
    location = resolve_delivery_location(settings(), str(path))
    live, dropped = location.registry[REQUESTS], location.registry["dpi__enrollment"]
    assert (location.is_live(live), location.folder_of(live)) == (True, None)
    assert (location.is_live(dropped), location.folder_of(dropped)) == (False, path / "dpi__enrollment")
    assert location.unread_files(live) == ()
    for source in (live.source, dropped.source):
        (path / source).mkdir()
        (path / source / "f.csv").touch()
    assert location.unread_files(live) == (path / REQUESTS / "f.csv",)
    assert location.unread_files(dropped) == ()


def test_the_sample_city_fetches_nothing(settings: Made, tmp_path: Path) -> None:
    location = dataclasses.replace(resolve_delivery_location(settings()), registry=load_registry())
    live = location.registry[REQUESTS].model_copy(update={"delivered_by": "live"})
    assert not location.is_live(live)


def test_live_systems_alone_have_no_folder_for_a_contract_that_needs_one(settings: Made, tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    text = (
        (state_layer("wisconsin").folder / "sources" / "dpi__enrollment.yml")
        .read_text()
        .replace("dpi__enrollment", "dpi__dropped")
    )
    (contracts / "dpi__dropped.yml").write_text(text + "delivered_by: folder\n")
    with pytest.raises(ConfigurationError, match=r"dpi__dropped has delivered_by: folder, .* name it with --deliveries FOLDER"):
        resolve_delivery_location(settings(SOURCES=str(contracts)), "live")


def test_the_error_names_a_bad_city_file_and_nothing_is_recorded(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("deliveries", f"city: milwaukee\nsources:\n  {REQUESTS}: {{columns: []}}\n")
    with pytest.raises(ContractError, match=rf"city\.yml:3: sources\.{REQUESTS}\.columns: a city may change only"):
        resolve_delivery_location(settings(), str(path))
    assert not settings().home.home_json.exists()


def test_further_contracts_are_read(settings: Made, folder: Callable[..., Path], tmp_path: Path) -> None:
    contracts = folder("contracts", None)
    text = (SOURCES / f"{REQUESTS}.yml").read_text().replace(REQUESTS, "ucc__callers")
    (contracts / "ucc__callers.yml").write_text(text)
    deliveries = folder("deliveries")
    assert "ucc__callers" in resolve_delivery_location(settings(SOURCES=str(contracts)), str(deliveries)).registry
    with pytest.raises(ContractError, match="LEVELGROUND_SOURCES"):
        resolve_delivery_location(settings(SOURCES=str(tmp_path / "nowhere")), str(deliveries))


def test_the_error_names_a_missing_hash_key(settings: Made, folder: Callable[..., Path]) -> None:
    contracts, deliveries = folder("contracts", None), folder("deliveries")
    text = (SOURCES / f"{REQUESTS}.yml").read_text().replace(REQUESTS, "ucc__callers").replace("keep: drop", "keep: hash")
    (contracts / "ucc__callers.yml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        resolve_delivery_location(settings(SOURCES=str(contracts)), str(deliveries))
    assert str(refused.value).startswith("LEVELGROUND_HASH_KEY is not set, but ucc__callers stores identifiers as keyed hashes; ")
    assert not settings().home.home_json.exists()
    used = resolve_delivery_location(settings(SOURCES=str(contracts), HASH_KEY=KEY), str(deliveries))
    assert "ucc__callers" in used.registry


@pytest.fixture
def hashing(settings: Made, folder: Callable[..., Path]) -> Callable[[str], dict[str, str]]:
    """Read a city with a source that hashes, with this key; return home.json."""
    contracts, deliveries = folder("contracts", None), folder("deliveries")
    text = (SOURCES / f"{REQUESTS}.yml").read_text().replace(REQUESTS, "ucc__callers").replace("keep: drop", "keep: hash")
    (contracts / "ucc__callers.yml").write_text(text)

    def read(key: str) -> dict[str, str]:
        with_key = settings(SOURCES=str(contracts), HASH_KEY=key)
        resolve_delivery_location(with_key, str(deliveries))
        return stored_location(with_key)

    return read


@pytest.mark.parametrize("key", ["hidden", "fifteen bytes !", "a" * 64, "0101010101010101010101"])
def test_a_weak_hash_key_is_refused(hashing: Callable[[str], dict[str, str]], settings: Made, key: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"LEVELGROUND_HASH_KEY can be found by trying.*secrets\.token_urlsafe"
    ) as refused:
        hashing(key)
    assert key not in str(refused.value)
    assert not settings().home.home_json.exists()


def test_another_hash_key_is_refused_once_a_delivery_was_hashed(hashing: Callable[[str], dict[str, str]], settings: Made) -> None:
    first = hashing(KEY)
    assert first.keys() == {"deliveries", "city", "hash_key"}
    assert KEY not in json.dumps(first)
    second = hashing(OTHER_KEY)
    assert second["hash_key"] != first["hash_key"], "nothing was hashed yet"
    (settings().home.deliveries / "ucc__callers" / "0123456789abcdef").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"not the key that this home was filled with.*Set the earlier key") as refused:
        hashing(KEY)
    assert KEY not in str(refused.value)
    assert stored_location(settings()) == second == hashing(OTHER_KEY)


def test_a_home_of_an_earlier_version_records_its_key(hashing: Callable[[str], dict[str, str]], settings: Made) -> None:
    first = hashing(KEY)
    settings().home.home_json.write_text(json.dumps({name: first[name] for name in ("deliveries", "city")}))
    (settings().home.deliveries / "ucc__callers" / "0123456789abcdef").mkdir(parents=True)
    assert hashing(KEY) == first


def test_only_the_owner_reads_the_sample_of_a_home(settings: Made) -> None:
    settings().home.ensure()
    settings().home.sample.chmod(0o755)
    resolve_delivery_location(settings())
    assert settings().home.sample.stat().st_mode & 0o777 == 0o700


def test_folders_without_contract_are_listed(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("deliveries")
    for name in (REQUESTS, "zzz", "assessor__sales", ".hidden"):
        (path / name).mkdir()
    (path / "README.md").write_text("x")
    assert resolve_delivery_location(settings(), str(path)).folders_without_contract() == ("assessor__sales", "zzz")


def test_home_city_is_the_city_of_the_recorded_folder(
    settings: Made, folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder("live", "city: no_live_system\n").parent)
    assert home_city(settings()).city == "sampleton"
    path = folder("deliveries", "city: new_ulm\ntime_zone: America/New_York\n")
    assert home_city(settings(DELIVERIES=str(path))).time_zone == "America/New_York"
    assert home_city(settings(DELIVERIES="live")).city == "milwaukee"
    resolve_delivery_location(settings(), str(path))
    assert home_city(settings()).city == home_city(settings(DELIVERIES="live")).city == "new_ulm"


def test_home_city_is_the_sample_city_once_it_exists(settings: Made) -> None:
    resolve_delivery_location(settings())
    assert home_city(settings()).city == "sampleton"


def test_a_run_of_the_ui_chooses_among_configured_locations(settings: Made, tmp_path: Path) -> None:
    configured = settings(LOCATIONS=f"archive={tmp_path},city=live")
    assert configured_location(configured, "archive") == str(tmp_path)
    for name in (str(tmp_path), "live", "../archive", ""):
        with pytest.raises(ConfigurationError, match="LEVELGROUND_LOCATIONS names archive, city"):
            configured_location(configured, name)


def test_a_folder_whose_name_is_not_utf8_is_listed_with_its_bytes_escaped(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("deliveries")
    (path / os.fsdecode(b"caf\xe9")).mkdir()
    assert resolve_delivery_location(settings(), str(path)).folders_without_contract() == (r"caf\xe9",)


def test_a_command_that_only_reads_leaves_a_new_home_alone(settings: Made, sample_made: list[Path]) -> None:
    location = read_delivery_location(settings())
    assert (location.name, location.city.city, sample_made) == ("sample", "sampleton", [])
    assert not settings().home.root.exists()


def test_a_file_to_check_brings_its_city_only_to_a_home_without_one(settings: Made, folder: Callable[..., Path]) -> None:
    path = folder("deliveries", f"city: new_ulm\n{REQUESTS}: {{jurisdiction: '2746042'}}\n")
    file = path / REQUESTS / "requests.csv"
    assert read_delivery_location(settings(), file).registry[REQUESTS].jurisdiction == "2746042"
    assert not settings().home.root.exists()
    resolve_delivery_location(settings(), "live")
    assert read_delivery_location(settings(), file).city.city == "milwaukee"


def refusal(settings: Settings, option: str | None = None) -> str:
    with pytest.raises(ConfigurationError) as refused:
        resolve_delivery_location(settings, option)
    assert not settings.home.home_json.exists() or "city" in stored_location(settings)
    return str(refused.value)


@pytest.mark.parametrize("text", [None, "as_of: 2025-12-01\n"])
def test_a_folder_that_names_no_city_is_refused_with_the_remedy(
    settings: Made, folder: Callable[..., Path], text: str | None
) -> None:
    path = folder("deliveries", text)
    assert f"write `city: NAME` into {path / 'city.yml'}, or set LEVELGROUND_CITY" in refusal(settings(), str(path))
    assert not settings().home.home_json.exists()
    location = resolve_delivery_location(settings(CITY="milwaukee"), str(path))
    assert (location.city.city, location.city.title) == ("milwaukee", "Milwaukee")
    assert resolve_delivery_location(settings(), str(path)).city.city == "milwaukee", "home.json names it"


def test_a_city_without_a_layer_reads_shared_contracts_and_its_city_yml(settings: Made, folder: Callable[..., Path]) -> None:
    location = resolve_delivery_location(settings(), str(folder("deliveries", 'city: new_ulm\nplace_geoid: "2746042"\n')))
    assert (location.city.place_geoid, location.city.layers) == ("2746042", ())


def test_the_variable_names_a_city_and_all_that_disagree_are_named(settings: Made, folder: Callable[..., Path]) -> None:
    ulm = folder("ulm", "city: new_ulm\n")
    message = refusal(settings(CITY="milwaukee"), str(ulm))
    assert f"LEVELGROUND_CITY is milwaukee, but {ulm} contains new_ulm; they must name one city" in message
    assert "LEVELGROUND_CITY is milwaukee, but sample contains sampleton" in refusal(settings(CITY="milwaukee"))
    resolve_delivery_location(settings(), str(ulm))
    message = refusal(settings(CITY="milwaukee"), str(folder("other", "city: kalamazoo\n")))
    assert all(name in message for name in ("milwaukee", "kalamazoo", f"the home {settings().home.root} holds the city new_ulm"))
    assert resolve_delivery_location(settings(CITY="new_ulm")).city.city == "new_ulm"


def test_a_misspelled_city_is_refused_with_the_nearest(settings: Made, folder: Callable[..., Path]) -> None:
    message = refusal(settings(CITY="milwakee"), str(folder("deliveries", None)))
    assert "no city called 'milwakee' has a layer. Did you mean milwaukee?" in message


def test_live_systems_are_those_of_the_named_city(settings: Made, folder: Callable[..., Path], tmp_path: Path) -> None:
    layer = folder("layer", 'city: new_ulm\nplace_geoid: "2746042"\ntime_zone: America/Chicago\n')
    location = resolve_delivery_location(settings(CITY=str(layer)), "live")
    assert (location.city.city, location.city.title, location.city.place_geoid) == ("new_ulm", "New Ulm", "2746042")
    assert stored_location(settings()) == {"deliveries": "live", "city": "new_ulm", "layer": str(layer)}
    assert resolve_delivery_location(settings()).city.layers[0].folder == layer, "home.json keeps the folder of the layer"
    assert "is missing or has no key city" in refusal(settings(CITY=str(tmp_path / "nowhere")), "live")
