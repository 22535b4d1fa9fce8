"""Read which city a set of deliveries is of: the `city.yml` next to them, or the default one.

See `ingest.contract.registry.Registry.for_city` for its effect on contracts, and `orchestration.runs.delivery_location` for the
city of a home.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.contract import IDENTIFIER, Geoid, Identifier, TimeZone
from ingest.contract.registry import ContractError, Problem, problems_in
from ingest.contract.yaml_source import YamlError, read_yaml

DEFAULT = Path(__file__).with_name("city.yml")
FILE_NAME = "city.yml"


class City(BaseModel):
    """A city: its name, its place GEOID, its time zone, and how its sources differ from their contracts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    city: Identifier
    title: str
    place_geoid: Geoid
    time_zone: TimeZone
    as_of: dt.datetime | dt.date | None = None
    sources: Mapping[str, Mapping[str, Any]] = {}

    def local_now(self) -> dt.datetime:
        """The time on the city's wall clock, without zone."""
        return dt.datetime.now(ZoneInfo(self.time_zone)).replace(tzinfo=None)

    def local_as_of(self) -> dt.datetime | None:
        """The deliveries' own as-of time on the city's wall clock."""
        if self.as_of is None or isinstance(self.as_of, dt.datetime):
            return (
                self.as_of.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)
                if self.as_of and self.as_of.tzinfo
                else self.as_of
            )
        return dt.datetime.combine(self.as_of, dt.time())


def read_city(folder: Path | None) -> City:
    """The city of a deliveries folder; raises `ContractError` with the file, line and field of an error in its city.yml.

    Sources are under `sources`, or directly under their names.
    """
    default = read_yaml(DEFAULT).data
    path = folder / FILE_NAME if folder else DEFAULT
    if not path.is_file():
        return City.model_validate(default)
    try:
        source = read_yaml(path)
    except YamlError as error:
        raise ContractError([Problem(path, error.line, "(file)", str(error))]) from None
    if not isinstance(source.data, dict):
        raise ContractError([Problem(path, 1, "(file)", "a city.yml is a mapping of keys, like city: milwaukee")])
    sources = {key: value for key, value in source.data.items() if "__" in str(key) and IDENTIFIER.fullmatch(str(key))}
    data = {str(key): value for key, value in source.data.items() if key not in sources}
    listed = data.get("sources") or {}
    data["sources"] = listed | sources if isinstance(listed, dict) else listed
    if data.get("city", default["city"]) != default["city"] and "title" not in data:
        data["title"] = str(data["city"]).replace("_", " ").title()
    try:
        return City.model_validate(default | data)
    except ValidationError as error:
        raise ContractError(problems_in(error, path, source.line_of)) from None
