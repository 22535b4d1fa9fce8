"""Write a new map of a type of place: its contract, its vintage, and the last day of the map before (`levelground maps new`)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.city import City
from ingest.contract.registry import SOURCES
from ingest.layers import ROWS, SEEDS, csv_line, layered_seed, rows_of_seed
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.files import write_atomically
from warehouse.printable import did_you_mean

VINTAGES = "geography_vintages"
CODES = "delivered_code_vintages"


@dataclass(frozen=True)
class NewMap:
    """A map that follows the one that `source` delivers; `code`: the column with the places' codes in the new file."""

    source: str
    vintage: str
    valid_from: dt.date
    code: str | None = None

    @property
    def new_source(self) -> str:
        """The source of the new map: the name of the one before, with the new vintage."""
        return f"{re.sub(r'_[0-9]{4}$', '', self.source)}_{self.vintage}"


def write_map(new: NewMap, layer: Path, city: City) -> tuple[list[Path], list[str]]:
    """Write the files into a layer; the files, and what is left to decide. `ConfigurationError` names what does not fit."""
    rows = list(rows_of_seed(layered_seed(VINTAGES, SHARED_SEEDS, city.layers)))
    before = _map_in_force(rows, new)
    contract = layer / "sources" / f"{new.new_source}.yml"
    if contract.exists() or any(row["boundary_source"] == new.new_source for row in rows):
        raise ConfigurationError(f"there is a map {new.new_source} already; choose another --vintage")
    last_day = new.valid_from - dt.timedelta(days=1)
    ended = before | {"valid_to": last_day.isoformat()}
    begun = before | {
        "geography_vintage": new.vintage,
        "valid_from": new.valid_from.isoformat(),
        "valid_to": "",
        "boundary_source": new.new_source,
        "block_code": "",
        "note": "",
    }
    seed = _written_rows(layer, [ended, begun])
    folders = (layer / "sources", *(each.folder / "sources" for each in reversed(city.layers)), SOURCES)
    earlier = next(path for folder in folders if (path := folder / f"{new.source}.yml").is_file())
    contract.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(contract, _contract(earlier.read_text(encoding="utf-8"), new))
    return [contract, seed], _left_to_decide(new, before, city)


def _map_in_force(rows: Iterable[Mapping[str, str]], new: NewMap) -> dict[str, str]:
    maps = {row["boundary_source"]: dict(row) for row in rows if row["boundary_source"]}
    if new.source not in maps:
        raise ConfigurationError(f"{new.source} delivers no map. {did_you_mean(new.source, maps)}Maps: {', '.join(sorted(maps))}")
    before = maps[new.source]
    if before["valid_to"]:
        raise ConfigurationError(f"the map of {new.source} ended on {before['valid_to']}; name the source of the map in force")
    if before["valid_from"] and new.valid_from <= dt.date.fromisoformat(before["valid_from"]):
        raise ConfigurationError(f"--valid-from {new.valid_from} is not after {before['valid_from']}, when the map before began")
    if any((row["geography_type"], row["geography_vintage"]) == (before["geography_type"], new.vintage) for row in rows):
        raise ConfigurationError(f"{before['geography_type']} has a map of {new.vintage} already; choose another --vintage")
    return before


def _written_rows(layer: Path, changed: list[dict[str, str]]) -> Path:
    """Put the rows into the seed of the layer, or into the rows that it adds to the shared seed."""
    whole, added = layer / SEEDS / f"{VINTAGES}.csv", layer / SEEDS / ROWS / f"{VINTAGES}.csv"
    path = whole if whole.is_file() else added
    keys = {(row["geography_type"], row["geography_vintage"]) for row in changed}
    earlier = rows_of_seed(path) if path.is_file() else []
    kept = [row for row in earlier if (row["geography_type"], row["geography_vintage"]) not in keys]
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ([row.get(name, "") for name in changed[0]] for row in (*kept, *changed))
    write_atomically(path, "".join(map(csv_line, (changed[0], *rows))))
    return path


def _contract(text: str, new: NewMap) -> str:
    """The contract of the map before under the new name; its comments are about the old file."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    changed = "\n".join(lines) + "\n"
    changed = re.sub(r"^source: .*$", f"source: {new.new_source}", changed, count=1, flags=re.MULTILINE)
    changed = re.sub(r"^title: (.*?)(, map of \w+)?$", rf"title: \1, map of {new.vintage}", changed, count=1, flags=re.MULTILINE)
    changed = re.sub(r"^as_of: .*$", f"as_of: {new.valid_from}", changed, count=1, flags=re.MULTILINE)
    changed = re.sub(r", issue: [A-Z]+-[0-9]+", "", changed)
    if new.code:
        of_code = r"(\{name: \w+, from: )[^,]+(?=,.*required: true, role: (?:district|category)\})"
        changed = re.sub(of_code, rf"\g<1>{new.code}", changed, count=1)
    return changed


def _left_to_decide(new: NewMap, before: Mapping[str, str], city: City) -> list[str]:
    kind = before["geography_type"]
    rows = rows_of_seed(layered_seed(CODES, SHARED_SEEDS, city.layers))
    coded = sorted(row["source"] for row in rows if row["geography_type"] == kind)
    steps = [
        f"put the new file into the folder {new.new_source} of the deliveries, and the file of before back into {new.source}",
        f"check title, as_of and the code column of sources/{new.new_source}.yml",
    ]
    if coded:
        steps.append(f"{CODES}.csv: which map the delivered codes of {', '.join(coded)} are on from then")
    if before["block_code"]:
        steps.append("residents are moved from tracts until blocks carry codes of the new map (block_code of geography_vintages)")
    return steps
