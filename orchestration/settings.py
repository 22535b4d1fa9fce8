"""Read the settings: every LEVELGROUND_ environment variable, with its default and its check.

See `orchestration.runs.delivery_location` for which deliveries a home reads. Secrets come from LEVELGROUND_HASH_KEY and from the
variables that contracts name (`credentials_env`), and are never displayed.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.paths import Home

# the folder of our packages: a checkout, or the folder that a wheel was installed into
PROJECT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT / "dbt_project"
SHARED_SEEDS = DBT_PROJECT / "seeds" / "reference"  # a city's layers may replace them: see ingest.layers
IS_CHECKOUT = (PROJECT / "pyproject.toml").is_file()
# the modules of `orchestration.engines`
ENGINES = ("local", "ray")
# the form of an address, for each engine that has machines of its own
ENGINE_ADDRESSES = {
    "ray": r"auto|(ray://)?[A-Za-z0-9.-]+:\d+",
}


class ConfigurationError(ValueError):
    """An argument or setting that cannot be used; the message names it and what to write instead."""


@dataclass(frozen=True)
class Settings:
    """All settings, read from the environment."""

    home: Home
    deliveries: str | None  # sample | live | a folder; None: home.json decides
    city: str | None  # the name of a city, or the folder of its layer; None: the deliveries or home.json decide
    further_sources: Path | None
    hash_key: bytes | None = field(repr=False)
    wait_seconds: float
    keep_releases: int
    keep_deliveries: float  # days
    keep_runs: float  # days
    memory_limit: str | None
    threads: int | None
    hosts: Mapping[str, str]  # address → the address that is requested instead
    max_download_bytes: int  # of one live source, unless its contract has a limit
    alerts: tuple[str, ...] = field(default=(), repr=False)  # apprise addresses, which may contain passwords
    # languages of the scorecard: None for all of the release, empty for no scorecard
    scorecard_languages: tuple[str, ...] | None = None
    scorecard_url: str | None = None  # the address that serves `published/scorecard/`
    docs_url: str | None = None  # the address that serves the folder of `levelground docs`
    ui_url: str | None = None
    ui_hosts: tuple[str, ...] = ()  # further names under which the UI is opened
    ui_token: str | None = field(default=None, repr=False)
    locations: Mapping[str, str] = field(default_factory=dict)  # name → sample | live | a folder; a run of the UI may choose one
    engine: str | None = None  # where row-by-row facts are built: one of ENGINES, None for this process
    engine_address: str | None = None  # of the engine's cluster; None: the engine uses this machine alone
    lake: str | None = None  # the folder of the parts of facts, or s3://bucket/prefix; None: facts are tables of the release
    part_rows: int = 5_000_000  # of one task of the engine
    task_attempts: int = 4
    cities: Path | None = None  # the file that lists the cities of a coalition, each with its home

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the LEVELGROUND_ variables; `ConfigurationError` names a variable that cannot be used."""
        env = os.environ if environment is None else environment
        further = env.get("LEVELGROUND_SOURCES")
        engine = _engine(env.get("LEVELGROUND_ENGINE", ""))
        key = env.get("LEVELGROUND_HASH_KEY")
        return cls(
            home=Home(Path(env.get("LEVELGROUND_HOME") or default_home()).expanduser().absolute()),
            deliveries=env.get("LEVELGROUND_DELIVERIES") or None,
            city=env.get("LEVELGROUND_CITY") or None,
            further_sources=Path(further).expanduser().absolute() if further else None,
            hash_key=key.encode() if key else None,
            wait_seconds=_number(env, "LEVELGROUND_WAIT_SECONDS", 3600, 0),
            keep_releases=int(_number(env, "LEVELGROUND_KEEP_RELEASES", 14, 1)),
            keep_deliveries=_number(env, "LEVELGROUND_KEEP_DELIVERIES", 90, 0),
            keep_runs=_number(env, "LEVELGROUND_KEEP_RUNS", 90, 0),
            memory_limit=env.get("LEVELGROUND_MEMORY_LIMIT") or None,
            threads=int(_number(env, "LEVELGROUND_THREADS", 0, 0)) or None,
            hosts=_hosts(env.get("LEVELGROUND_HOSTS", "")),
            max_download_bytes=int(_number(env, "LEVELGROUND_MAX_DOWNLOAD_MB", 4096, 1) * (1 << 20)),
            alerts=tuple(env.get("LEVELGROUND_ALERTS", "").split()),
            scorecard_languages=_languages(env.get("LEVELGROUND_SCORECARD", "")),
            scorecard_url=_url(env, "LEVELGROUND_SCORECARD_URL"),
            docs_url=_url(env, "LEVELGROUND_DOCS_URL"),
            ui_url=_url(env, "LEVELGROUND_UI_URL"),
            ui_hosts=_host_names(env.get("LEVELGROUND_UI_HOSTS", "")),
            ui_token=_token(env.get("LEVELGROUND_UI_TOKEN", "")),
            locations=_locations(env.get("LEVELGROUND_LOCATIONS", "")),
            engine=engine,
            engine_address=_engine_address(env.get("LEVELGROUND_ENGINE_ADDRESS", ""), engine),
            lake=_lake(env.get("LEVELGROUND_LAKE", ""), engine),
            part_rows=int(_number(env, "LEVELGROUND_PART_ROWS", 5_000_000, 1)),
            task_attempts=int(_number(env, "LEVELGROUND_TASK_ATTEMPTS", 4, 1)),
            cities=_file(env.get("LEVELGROUND_CITIES", "")),
        )


def default_home() -> Path:
    """Return the home without LEVELGROUND_HOME: `.levelground` in the checkout; for an installed wheel, in the current folder."""
    return (PROJECT if IS_CHECKOUT else Path.cwd()) / ".levelground"


def variable_names() -> tuple[str, ...]:
    """Return the names of all variables that `Settings.from_environment` reads."""
    environment = _RecordingEnvironment()
    Settings.from_environment(environment)
    return tuple(dict.fromkeys(environment.names))


class _RecordingEnvironment(dict[str, str]):
    """An empty environment that records the names that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def get(self, key: str, default: Any = None) -> Any:
        """Record the name and return the default."""
        self.names.append(key)
        return default


def _url(env: Mapping[str, str], name: str) -> str | None:
    text = env.get(name, "")
    if text and not re.fullmatch(r"https?://[^@\s]+", text):
        raise ConfigurationError(f"{name} is not an address; write it like https://levelground.city.example, without a password")
    return text.rstrip("/") or None


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    if not all(re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", name) for name in names):
        raise ConfigurationError(
            "LEVELGROUND_UI_HOSTS contains an entry that is not a host name; write names without scheme and port, like "
            "levelground.city.example, separated by commas"
        )
    return names


def _languages(text: str) -> tuple[str, ...] | None:
    words = tuple(text.replace(",", " ").split())
    if not all(re.fullmatch(r"[a-z]{2,3}|all|none", word) for word in words) or (len(words) > 1 and {"all", "none"} & set(words)):
        raise ConfigurationError("LEVELGROUND_SCORECARD is no list of languages; write `all`, `none`, or codes like en,es")
    return None if words in ((), ("all",)) else () if words == ("none",) else words


def _token(text: str) -> str | None:
    if not re.fullmatch(r"[!-~]*", text):
        raise ConfigurationError("LEVELGROUND_UI_TOKEN may contain printable ASCII characters only, and no space")
    return text or None


def _locations(text: str) -> dict[str, str]:
    locations = {}
    for entry in filter(None, map(str.strip, text.split(","))):
        name, _, location = (part.strip() for part in entry.partition("="))
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) or not location or name in locations:
            raise ConfigurationError(
                f"LEVELGROUND_LOCATIONS contains the entry {entry!r}; give each name once, with `sample`, `live` or a folder, "
                "like archive=/srv/archive,city=live"
            )
        locations[name] = location
    return locations


def _engine(text: str) -> str | None:
    if text and text not in ENGINES:
        raise ConfigurationError(f"LEVELGROUND_ENGINE is {text!r}; write {' or '.join(ENGINES)}, or unset it to use this process")
    return text or None


def _engine_address(text: str, engine: str | None) -> str | None:
    forms = ENGINE_ADDRESSES.get(engine or "")
    if text and forms is None:
        raise ConfigurationError(
            f"LEVELGROUND_ENGINE_ADDRESS needs an engine with machines of its own: set LEVELGROUND_ENGINE to "
            f"{' or '.join(ENGINE_ADDRESSES)}, or unset it"
        )
    if text and not re.fullmatch(forms or "", text):
        raise ConfigurationError(
            f"LEVELGROUND_ENGINE_ADDRESS is no address of {engine}; docs/scale.md lists the forms, "
            "or unset it to use this machine alone"
        )
    return text or None


def _lake(text: str, engine: str | None) -> str | None:
    if not text:
        return None
    if "://" in text and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)+/?", text):
        raise ConfigurationError("LEVELGROUND_LAKE is neither a folder nor an address in S3; write it like s3://bucket/prefix")
    if engine is None:
        raise ConfigurationError(f"LEVELGROUND_LAKE needs an engine that writes parts; set LEVELGROUND_ENGINE={ENGINES[0]}")
    return text.rstrip("/") if "://" in text else str(Path(text).expanduser().absolute())


def _file(text: str) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _hosts(text: str) -> dict[str, str]:
    hosts = {}
    for pair in text.replace(",", " ").split():
        old, _, new = pair.partition("=")
        if not all(re.fullmatch(r"https?://[^/@\s]+(/[^@\s]*)?", address) for address in (old, new)):
            raise ConfigurationError(
                "LEVELGROUND_HOSTS contains an entry that is not a pair of addresses; write it like "
                "https://data.city.example=https://mirror.example, separate several by commas, without passwords"
            )
        hosts[old.rstrip("/")] = new.rstrip("/")
    return hosts


def _number(env: Mapping[str, str], name: str, default: float, least: float) -> float:
    text = env.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value < math.inf:
        raise ConfigurationError(f"{name} is {text!r}; write a number of at least {least:g}, or unset it for {default:g}")
    return value
