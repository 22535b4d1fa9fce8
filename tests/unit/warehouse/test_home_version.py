"""A home records the newest version that worked on it, and refuses an older one before anything in it changes."""

from __future__ import annotations

import json

import pytest

from warehouse.lock import RunLock, is_held
from warehouse.metadata.home_version import HomeOfNewerVersion, check_version, own_version, record_version, recorded_version
from warehouse.paths import Home


def written(home: Home, **keys: object) -> str:
    home.home_json.write_text(json.dumps({"deliveries": "sample", "city": "sampleton"} | keys))
    return home.home_json.read_text()


@pytest.mark.parametrize("text", [None, "{}", "no JSON", "[1]", '{"version": 2}', '{"version": "soon"}'])
def test_without_a_record_it_is_the_first_version(home: Home, text: str | None) -> None:
    if text is not None:
        home.home_json.write_text(text)
    assert recorded_version(home) == "0.1.0"
    check_version(home)


def test_a_version_writes_itself_next_to_what_is_there(home: Home) -> None:
    written(home, layer="/srv/Zürich")
    record_version(home)
    assert json.loads(home.home_json.read_bytes()) == {
        "deliveries": "sample", "city": "sampleton", "layer": "/srv/Zürich", "version": own_version(),
    }  # fmt: skip
    check_version(home)


def test_a_home_without_a_choice_records_none(home: Home) -> None:
    record_version(home)
    assert not home.home_json.exists()


def test_an_older_version_gets_no_lock_and_changes_nothing(home: Home) -> None:
    text = written(home, version="9.10.0")
    with pytest.raises(HomeOfNewerVersion) as refused:
        RunLock(home, "cli").acquire()
    assert f"Levelground 9.10.0, and this is {own_version()}" in str(refused.value)
    assert "Install Levelground 9.10.0 or later; or restore the backup of the home from before the upgrade" in str(refused.value)
    assert home.home_json.read_text() == text
    assert not is_held(home)
    written(home, version="0.1.9")  # 0.1.9 is before 0.2.0, and 0.1.10 is too
    with RunLock(home, "cli"):
        assert is_held(home)
