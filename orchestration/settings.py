"""Read the settings: every LEVELGROUND_ environment variable, with its default and its check.

See `orchestration.runs.delivery_location` for which deliveries a home reads. Secrets come from LEVELGROUND_HASH_KEY and from the
variables that contracts name (`credentials_env`), and are never displayed.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
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
RAY_ADDRESS = re.compile(r"auto|(ray://)?[A-Za-z0-9.-]+:\d+")
Reader = Callable[[str, str], Any]  # the value from the name of a variable and its text, which is empty if it is unset


class ConfigurationError(ValueError):
    """An argument or setting that cannot be used; the message names it and what to write instead."""


def default_home() -> Path:
    """Return the home without LEVELGROUND_HOME: `.levelground` in the checkout; for an installed wheel, in the current folder."""
    return (PROJECT if IS_CHECKOUT else Path.cwd()) / ".levelground"


def _text(_name: str, text: str) -> str | None:
    return text or None


def _path(_name: str, text: str) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _cache(name: str, text: str) -> Path | None:
    if not text:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "levelground"
    return None if text == "none" else _path(name, text)


def _number(default: float, least: float, kind: Callable[[float], Any] = float) -> Reader:
    def read(name: str, text: str) -> Any:
        try:
            value = float(text or default)
        except ValueError:
            value = math.nan
        if not least <= value < math.inf:
            raise ConfigurationError(f"{name} is {text!r}; write a number of at least {least:g}, or unset it for {default:g}")
        return kind(value)

    return read


def _memory(name: str, text: str) -> str | None:
    if text and not re.fullmatch(r"\d+(\.\d+)? ?([kmgt]i?b?|b|bytes)", text, re.IGNORECASE):
        raise ConfigurationError(f"{name} is {text!r}; write an amount like 4GB, or unset it for 80 % of the memory")
    return text or None


def _url(name: str, text: str) -> str | None:
    if text and not re.fullmatch(r"https?://[^@\s]+", text):
        raise ConfigurationError(f"{name} is not an address; write it like https://levelground.city.example, without a password")
    return text.rstrip("/") or None


def _host_names(name: str, text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    if not all(re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", each) for each in names):
        raise ConfigurationError(
            f"{name} contains an entry that is not a host name; write names without scheme and port, like "
            "levelground.city.example, separated by commas"
        )
    return names


def _languages(name: str, text: str) -> tuple[str, ...] | None:
    words = tuple(text.replace(",", " ").split())
    if not all(re.fullmatch(r"[a-z]{2,3}|all|none", word) for word in words) or (len(words) > 1 and {"all", "none"} & set(words)):
        raise ConfigurationError(f"{name} is no list of languages; write `all`, `none`, or codes like en,es")
    return None if words in ((), ("all",)) else () if words == ("none",) else words


def _token(name: str, text: str) -> str | None:
    if not re.fullmatch(r"[!-~]*", text):
        raise ConfigurationError(f"{name} may contain printable ASCII characters only, and no space")
    return text or None


def _locations(variable: str, text: str) -> dict[str, str]:
    locations = {}
    for entry in filter(None, map(str.strip, text.split(","))):
        name, _, location = (part.strip() for part in entry.partition("="))
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) or not location or name in locations:
            raise ConfigurationError(
                f"{variable} contains the entry {entry!r}; give each name once, with `sample`, `live` or a folder, "
                "like archive=/srv/archive,city=live"
            )
        locations[name] = location
    return locations


def _engine(name: str, text: str) -> str | None:
    if text and text not in ENGINES:
        raise ConfigurationError(f"{name} is {text!r}; write {' or '.join(ENGINES)}, or unset it to use this process")
    return text or None


def _lake(name: str, text: str) -> str | None:
    if "://" not in text:
        return str(Path(text).expanduser().absolute()) if text else None
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)+/?", text):
        raise ConfigurationError(f"{name} is neither a folder nor an address in S3; write it like s3://bucket/prefix")
    return text.rstrip("/")


def _hosts(name: str, text: str) -> dict[str, str]:
    hosts = {}
    for pair in text.replace(",", " ").split():
        old, _, new = pair.partition("=")
        if not all(re.fullmatch(r"https?://[^/@\s]+(/[^@\s]*)?", address) for address in (old, new)):
            raise ConfigurationError(
                f"{name} contains an entry that is not a pair of addresses; write it like "
                "https://data.city.example=https://mirror.example, separate several by commas, without passwords"
            )
        hosts[old.rstrip("/")] = new.rstrip("/")
    return hosts


def _variable(name: str, read: Reader = _text) -> dict[str, Any]:
    """The metadata of a field of `Settings` that is read from the variable LEVELGROUND_{name}."""
    return {"name": f"LEVELGROUND_{name}", "read": read}


@dataclass(frozen=True)
class Settings:
    """All settings, read from the environment."""

    home: Home = field(metadata=_variable("HOME", lambda _, text: Home(Path(text or default_home()).expanduser().absolute())))
    deliveries: str | None = field(metadata=_variable("DELIVERIES"))  # sample | live | a folder; None: home.json decides
    # the name of a city, or the folder of its layer; None: the deliveries or home.json decide
    city: str | None = field(metadata=_variable("CITY"))
    further_sources: Path | None = field(metadata=_variable("SOURCES", _path))
    hash_key: bytes | None = field(repr=False, metadata=_variable("HASH_KEY", lambda _, text: text.encode() or None))
    wait_seconds: float = field(metadata=_variable("WAIT_SECONDS", _number(3600, 0)))
    keep_releases: int = field(metadata=_variable("KEEP_RELEASES", _number(14, 1, int)))
    keep_deliveries: float = field(metadata=_variable("KEEP_DELIVERIES", _number(90, 0)))  # days
    keep_runs: float = field(metadata=_variable("KEEP_RUNS", _number(90, 0)))  # days
    memory_limit: str | None = field(metadata=_variable("MEMORY_LIMIT", _memory))
    threads: int | None = field(metadata=_variable("THREADS", _number(0, 0, lambda value: int(value) or None)))
    hosts: Mapping[str, str] = field(metadata=_variable("HOSTS", _hosts))  # address → the address that is requested instead
    # of one live source, unless its contract has a limit
    max_download_bytes: int = field(metadata=_variable("MAX_DOWNLOAD_MB", _number(4096, 1, lambda value: int(value * (1 << 20)))))
    # apprise addresses, which may contain passwords
    alerts: tuple[str, ...] = field(repr=False, metadata=_variable("ALERTS", lambda _, text: tuple(text.split())))
    # languages of the scorecard: None for all of the release, empty for no scorecard
    scorecard_languages: tuple[str, ...] | None = field(metadata=_variable("SCORECARD", _languages))
    scorecard_url: str | None = field(metadata=_variable("SCORECARD_URL", _url))  # the address that serves `published/scorecard/`
    docs_url: str | None = field(metadata=_variable("DOCS_URL", _url))  # the address that serves the folder of `levelground docs`
    ui_url: str | None = field(metadata=_variable("UI_URL", _url))
    ui_hosts: tuple[str, ...] = field(metadata=_variable("UI_HOSTS", _host_names))  # further names under which the UI is opened
    ui_token: str | None = field(repr=False, metadata=_variable("UI_TOKEN", _token))
    ui_read_token: str | None = field(repr=False, metadata=_variable("UI_READ_TOKEN", _token))  # of a proxy: reads only
    # name → sample | live | a folder; a run of the UI may choose one
    locations: Mapping[str, str] = field(metadata=_variable("LOCATIONS", _locations))
    # where row-by-row facts are built: one of ENGINES, None for this process
    engine: str | None = field(metadata=_variable("ENGINE", _engine))
    # of the engine's cluster; None: the engine uses this machine alone
    engine_address: str | None = field(metadata=_variable("ENGINE_ADDRESS"))
    # the folder of the parts of facts, or s3://bucket/prefix; None: facts are tables of the release
    lake: str | None = field(metadata=_variable("LAKE", _lake))
    part_rows: int = field(metadata=_variable("PART_ROWS", _number(5_000_000, 1, int)))  # of one task of the engine
    task_attempts: int = field(metadata=_variable("TASK_ATTEMPTS", _number(4, 1, int)))
    # the folder of what homes of one account share; None: nothing is shared
    cache: Path | None = field(metadata=_variable("CACHE", _cache))
    # the file that lists the cities of a coalition, each with its home
    cities: Path | None = field(metadata=_variable("CITIES", _path))
    # the folder of accepted batches of national deliveries, which the homes of several cities share; None: each keeps its own
    shared_batches: Path | None = field(metadata=_variable("SHARED_BATCHES", _path))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the LEVELGROUND_ variables; `ConfigurationError` names a variable that cannot be used."""
        env = os.environ if environment is None else environment
        variables = {each.name: (each.metadata["name"], each.metadata["read"]) for each in fields(cls)}
        return cls(**{key: read(name, env.get(name, "")) for key, (name, read) in variables.items()})

    def __post_init__(self) -> None:
        """Check the settings that need an engine."""
        if self.engine_address and self.engine != "ray":
            raise ConfigurationError(
                "LEVELGROUND_ENGINE_ADDRESS needs an engine with machines of its own: set LEVELGROUND_ENGINE to ray, or unset it"
            )
        if self.engine_address and not RAY_ADDRESS.fullmatch(self.engine_address):
            raise ConfigurationError(
                "LEVELGROUND_ENGINE_ADDRESS is no address of ray; docs/scale.md lists the forms, "
                "or unset it to use this machine alone"
            )
        if self.lake and self.engine is None:
            raise ConfigurationError(f"LEVELGROUND_LAKE needs an engine that writes parts; set LEVELGROUND_ENGINE={ENGINES[0]}")


def variable_names() -> tuple[str, ...]:
    """Return the names of all variables that `Settings.from_environment` reads."""
    return tuple(each.metadata["name"] for each in fields(Settings))
