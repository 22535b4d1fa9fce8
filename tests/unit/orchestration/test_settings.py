"""Settings are read from the environment, and an invalid one is refused with what to write instead."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, ConfigurationError, Settings, variable_names


def test_settings_have_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings.home.root == PROJECT / ".levelground"
    assert (settings.deliveries, settings.further_sources, settings.hash_key) == (None, None, None)
    assert (settings.wait_seconds, settings.keep_releases) == (3600, 14)
    assert (settings.memory_limit, settings.threads) == (None, None)
    assert (settings.engine, settings.part_rows, settings.task_attempts) == (None, 5_000_000, 4)


def test_an_empty_variable_counts_as_unset() -> None:
    names = [
        "HOME",
        "DELIVERIES",
        "SOURCES",
        "HASH_KEY",
        "WAIT_SECONDS",
        "KEEP_RELEASES",
        "KEEP_RUNS_DAYS",
        "MEMORY_LIMIT",
        "THREADS",
        "UI_HOSTS",
        "UI_TOKEN",
        "LOCATIONS",
    ]
    assert Settings.from_environment({f"LEVELGROUND_{name}": "" for name in names}) == Settings.from_environment({})


def test_every_variable_is_read(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "LEVELGROUND_HOME": str(tmp_path / "home"),
            "LEVELGROUND_DELIVERIES": "live",
            "LEVELGROUND_SOURCES": str(tmp_path / "contracts"),
            "LEVELGROUND_HASH_KEY": "schlüssel",
            "LEVELGROUND_WAIT_SECONDS": "0.5",
            "LEVELGROUND_KEEP_RELEASES": "3",
            "LEVELGROUND_MEMORY_LIMIT": "2GB",
            "LEVELGROUND_THREADS": "2",
            "LEVELGROUND_ENGINE": "ray",
            "LEVELGROUND_ENGINE_ADDRESS": "ray://head.city.example:10001",
            "LEVELGROUND_LAKE": str(tmp_path / "lake"),
            "LEVELGROUND_PART_ROWS": "1000",
            "LEVELGROUND_TASK_ATTEMPTS": "2",
        }
    )
    assert settings.home.root == tmp_path / "home"
    assert (settings.deliveries, settings.further_sources) == ("live", tmp_path / "contracts")
    assert settings.hash_key == "schlüssel".encode()
    assert (settings.wait_seconds, settings.keep_releases) == (0.5, 3)
    assert (settings.memory_limit, settings.threads) == ("2GB", 2)
    assert (settings.engine, settings.part_rows, settings.task_attempts) == ("ray", 1000, 2)
    assert settings.engine_address == "ray://head.city.example:10001"
    assert settings.lake == str(tmp_path / "lake")


def test_the_environment_is_read_on_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVELGROUND_KEEP_RELEASES", "2")
    assert Settings.from_environment().keep_releases == 2


def test_paths_are_made_absolute_and_expand_the_users_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/desk")
    relative_home = Settings.from_environment({"LEVELGROUND_HOME": "here", "LEVELGROUND_SOURCES": "~/contracts"})
    assert (relative_home.home.root, relative_home.further_sources) == (tmp_path / "here", Path("/home/desk/contracts"))
    users_home = Settings.from_environment({"LEVELGROUND_HOME": "~/there", "LEVELGROUND_SOURCES": "contracts"})
    assert (users_home.home.root, users_home.further_sources) == (Path("/home/desk/there"), tmp_path / "contracts")


def test_the_smallest_number_is_accepted() -> None:
    settings = Settings.from_environment({"LEVELGROUND_WAIT_SECONDS": "0", "LEVELGROUND_KEEP_RELEASES": "1"})
    assert (settings.wait_seconds, settings.keep_releases) == (0, 1)


@pytest.mark.parametrize(
    ("name", "text", "least", "default"),
    [
        ("LEVELGROUND_WAIT_SECONDS", "an hour", "0", "3600"),
        ("LEVELGROUND_WAIT_SECONDS", "-1", "0", "3600"),
        ("LEVELGROUND_WAIT_SECONDS", "nan", "0", "3600"),
        ("LEVELGROUND_WAIT_SECONDS", "inf", "0", "3600"),
        ("LEVELGROUND_KEEP_RELEASES", "0", "1", "14"),
        ("LEVELGROUND_KEEP_RELEASES", "all", "1", "14"),
        ("LEVELGROUND_KEEP_RELEASES", "inf", "1", "14"),
        ("LEVELGROUND_KEEP_RELEASES", "1e999", "1", "14"),
        ("LEVELGROUND_KEEP_RELEASES", "0.5", "1", "14"),
        ("LEVELGROUND_THREADS", "two", "0", "0"),
    ],
)
def test_an_invalid_number_is_refused_with_a_remedy(name: str, text: str, least: str, default: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({name: text})
    assert str(refused.value) == f"{name} is {text!r}; write a number of at least {least}, or unset it for {default}"


@pytest.mark.parametrize(
    ("text", "is_read"), [("4GB", True), ("1.5 GiB", True), ("512mb", True), ("lots", False), ("80%", False)]
)
def test_an_amount_of_memory_has_a_unit(text: str, is_read: bool) -> None:
    if is_read:
        assert Settings.from_environment({"LEVELGROUND_MEMORY_LIMIT": text}).memory_limit == text
        return
    with pytest.raises(ConfigurationError, match="write an amount like 4GB, or unset it"):
        Settings.from_environment({"LEVELGROUND_MEMORY_LIMIT": text})


def test_hosts_are_read_in_pairs() -> None:
    text = "https://data.city.example=http://127.0.0.1:8080, https://maps.city.example/arcgis/=https://mirror.example/maps"
    settings = Settings.from_environment({"LEVELGROUND_HOSTS": text})
    assert settings.hosts == {
        "https://data.city.example": "http://127.0.0.1:8080",
        "https://maps.city.example/arcgis": "https://mirror.example/maps",
    }
    assert Settings.from_environment({}).hosts == {}


@pytest.mark.parametrize(
    "text",
    ["https://data.city.example", "data.city.example=mirror", "https://a.example=https://me:hunter2@b.example", "=https://b"],
)
def test_invalid_hosts_are_refused_without_quoting_them(text: str) -> None:
    with pytest.raises(
        ConfigurationError, match="LEVELGROUND_HOSTS contains an entry that is not a pair of addresses; write it like"
    ) as error:
        Settings.from_environment({"LEVELGROUND_HOSTS": text})
    assert "hunter2" not in str(error.value)


def test_no_secret_is_displayed() -> None:
    secrets = {"LEVELGROUND_HASH_KEY": "hunter2hunter2", "LEVELGROUND_ALERTS": "mailto://desk:hunter2hunter2@mail.example"}
    settings = Settings.from_environment(secrets)
    assert settings.hash_key is not None
    assert settings.alerts
    assert "hunter2" not in f"{settings} {settings!r}"


def test_variable_names_lists_every_variable() -> None:
    assert {"LEVELGROUND_HOME", "LEVELGROUND_ALERTS", "LEVELGROUND_THREADS", "LEVELGROUND_DOCS_URL"} <= set(variable_names())
    assert all(name.startswith("LEVELGROUND_") for name in variable_names())
    assert len(set(variable_names())) == len(variable_names())


def test_locations_hosts_and_token_of_the_ui_are_read() -> None:
    settings = Settings.from_environment(
        {
            "LEVELGROUND_LOCATIONS": "archive=/srv/old deliveries, city=live,",
            "LEVELGROUND_UI_HOSTS": "levelground.city.example, [::1] desk",
            "LEVELGROUND_UI_TOKEN": "of-the-ui",
            "LEVELGROUND_UI_READ_TOKEN": "of-the-proxy",
        }
    )
    assert settings.locations == {"archive": "/srv/old deliveries", "city": "live"}
    assert settings.ui_hosts == ("levelground.city.example", "[::1]", "desk")
    assert (settings.ui_token, settings.ui_read_token) == ("of-the-ui", "of-the-proxy")
    assert "of-the-ui" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LOCATIONS", "/srv/archive"),
        ("LOCATIONS", "archive="),
        ("LOCATIONS", "a=/srv/a,a=/srv/b"),
        ("LOCATIONS", "a b=/srv/a"),
        ("UI_HOSTS", "https://levelground.city.example"),
        ("UI_HOSTS", "levelground.city.example:3000"),
        ("UI_TOKEN", "with space"),
        ("UI_TOKEN", "schlüssel"),
    ],
)
def test_a_setting_of_the_ui_that_cannot_be_used_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"LEVELGROUND_{name} ") as refused:
        Settings.from_environment({f"LEVELGROUND_{name}": text})
    assert name != "UI_TOKEN" or text not in str(refused.value)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="LEVELGROUND_ENGINE is 'dask'; write local or ray, or unset it"):
        Settings.from_environment({"LEVELGROUND_ENGINE": "dask"})


@pytest.mark.parametrize("text", ["auto", "10.0.0.7:6379", "ray://head.city.example:10001"])
def test_the_address_of_a_cluster_of_ray(text: str) -> None:
    settings = Settings.from_environment({"LEVELGROUND_ENGINE": "ray", "LEVELGROUND_ENGINE_ADDRESS": text})
    assert settings.engine_address == text


@pytest.mark.parametrize(
    ("engine", "text", "message"),
    [
        ("", "auto", "needs an engine with machines of its own: set LEVELGROUND_ENGINE to ray"),
        ("local", "auto", "needs an engine with machines of its own"),
        ("ray", "head.city.example", "is no address of ray; docs/scale.md"),
        ("ray", "ray://desk:hunter2@head:10001", "is no address of ray"),
    ],
)
def test_another_address_is_refused(engine: str, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"LEVELGROUND_ENGINE_ADDRESS {message}") as refused:
        Settings.from_environment({"LEVELGROUND_ENGINE": engine, "LEVELGROUND_ENGINE_ADDRESS": text})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"LEVELGROUND_LAKE": "lake"}, "LEVELGROUND_LAKE needs an engine"),
        ({"LEVELGROUND_LAKE": "gs://bucket/lake", "LEVELGROUND_ENGINE": "local"}, "is neither a folder nor an address in S3"),
        ({"LEVELGROUND_LAKE": "s3://bucket", "LEVELGROUND_ENGINE": "local"}, "write it like s3://bucket/prefix"),
        ({"LEVELGROUND_LAKE": "s3://key:secret@bucket/lake", "LEVELGROUND_ENGINE": "local"}, "is neither a folder nor"),
    ],
)
def test_a_lake_is_a_folder_that_an_engine_fills(environment: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Settings.from_environment(environment)


def test_a_lake_in_s3_is_an_address() -> None:
    settings = Settings.from_environment({"LEVELGROUND_LAKE": "s3://bucket/city/lake/", "LEVELGROUND_ENGINE": "local"})
    assert settings.lake == "s3://bucket/city/lake"


def test_without_an_engine_none_is_imported() -> None:
    """Only the modules of a build by tasks import an engine when they are imported, and a run imports them where one is set."""
    of_tasks = ("orchestration.engines", "orchestration.transform.rowwise")
    importing = set()
    for path in (PROJECT / "orchestration").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "engines" not in path.parts and any(name in text for name in ("engines", "rowwise")):
            imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
            names = [f"{node.module}.{alias.name}" for node in imports for alias in node.names]
            if any(name.startswith(of_tasks) for name in names):
                importing.add(str(path.relative_to(PROJECT / "orchestration")))
    assert importing == {"transform/rowwise.py"}
