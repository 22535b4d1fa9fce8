"""The file of the cities is refused with file, line and remedy before anything starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.contract.registry import ContractError
from orchestration.cities import check_runnable, read_homes
from orchestration.settings import ConfigurationError


def written(folder: Path, text: str) -> Path:
    (folder / "springfield").mkdir(exist_ok=True)
    path = folder / "cities.yml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
    cities:
    - {name: springfield, home: homes/springfield, deliveries: springfield, settings: {LEVELGROUND_THREADS: 4}}
    - {name: sampleton, home: /srv/sampleton, deliveries: sample, hash_key_env: KEY_OF_SAMPLETON}
    - {name: milwaukee, home: ../milwaukee}
    """
    path = written(tmp_path, text)
    monkeypatch.chdir("/")
    first, second, third = read_homes(path)
    assert (first.home.root, first.deliveries) == (tmp_path / "homes" / "springfield", str(tmp_path / "springfield"))
    assert (first.settings, first.where) == ({"LEVELGROUND_THREADS": "4"}, f"{path}:3")
    assert (second.home.root, second.deliveries, second.hash_key_env) == (Path("/srv/sampleton"), "sample", "KEY_OF_SAMPLETON")
    assert (third.home.root, third.deliveries) == (tmp_path / "../milwaukee", None)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("cities: [{name: a, home: x}, {name: b, home: y/../x}]", 1, "cities.1.home: a has this home already"),
        ("cities:\n- {name: a, home: x}\n- {name: a, home: y}", 3, "cities.1.name: a is listed in line 2 already"),
        ("cities:\n- name: a\n  home: x\n  delivered: y", 4, "cities.0.delivered: no such key"),
        ("cities:\n- name: New Ulm\n  home: x", 2, "cities.0.name: "),
        ("cities:\n- name: a", 2, "cities.0.home: this key is missing"),
        ("cities: []", 1, "cities: the file lists no city"),
        ("towns: []", 1, "towns: no such key"),
        ("- a", 1, "a list of cities belongs here"),
        ("cities: [", 1, r"\(file\): "),
        ("cities:\n- {name: a, home: x, settings: {LEVELGROUND_HASH_KEY: k}}", 2, "is a secret; .*hash_key_env"),
        ("cities:\n- {name: a, home: x, settings: {LEVELGROUND_HOME: y}}", 2, "is no setting of a city's run"),
        ("cities:\n- {name: a, home: x, settings: {LEVELGROUND_THREAD: 2}}", 2, "Did you mean LEVELGROUND_THREADS"),
    ],
)
def test_an_error_has_its_line_and_what_to_do(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ContractError, match=rf"cities\.yml:{line}: .*{message}"):
        read_homes(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cities\.yml cannot be read .*write a file with `cities:"):
        read_homes(tmp_path / "cities.yml")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("deliveries: nowhere", r"there is no folder \S+/nowhere with the deliveries of a; name a folder"),
        ("{deliveries: live, layer: springfield}", "names the city springfield, not a"),
        ("{deliveries: live, layer: nowhere}", "nowhere/city.yml is missing or has no key city"),
    ],
)
def test_a_folder_that_a_run_needs_is_refused_and_no_status_needs_it(tmp_path: Path, key: str, message: str) -> None:
    path = written(tmp_path, f"cities:\n- {{name: a, home: x, {key.strip('{}')}}}")
    (tmp_path / "springfield" / "city.yml").write_text("city: springfield\n")
    homes = read_homes(path)
    with pytest.raises(ConfigurationError, match=rf"cities\.yml:2: .*{message}"):
        check_runnable(homes)


def test_a_city_that_cannot_run_is_refused_with_all_others(tmp_path: Path) -> None:
    text = "cities:\n- {name: a, home: x}\n- {name: b, home: y}\n- {name: c, home: z, settings: {LEVELGROUND_THREADS: two}}\n"
    path = written(tmp_path, text)
    for home, city in (("y", "springfield"), ("z", "c")):
        (tmp_path / home).mkdir()
        (tmp_path / home / "home.json").write_text(json.dumps({"city": city, "deliveries": "live"}))
    with pytest.raises(ConfigurationError) as refused:
        check_runnable(read_homes(path))
    first, second, third = str(refused.value).splitlines()
    assert first.startswith(f"{path}:2: a has no deliveries") and "write `deliveries:`" in first
    assert f"{path}:3: the home {tmp_path / 'y'} holds the city springfield, not b" in second
    assert f"{path}:4: LEVELGROUND_THREADS is 'two'" in third
    check_runnable(read_homes(written(tmp_path, "cities: [{name: c, home: z}, {name: springfield, home: y}]")))
