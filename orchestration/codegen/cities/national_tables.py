"""Find the tables that one delivery serves for every city: in a folder, or from their publishers.

A contract declares them with `coverage: national`. What is fetched is kept as files for further cities.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ingest.connectors import FetchRequest
from ingest.contract import NATIONAL, Contract, HttpConnector
from ingest.errors import DeliveryError
from ingest.readers import delivered_files
from orchestration.settings import ConfigurationError, Settings


@dataclass(frozen=True)
class NationalTables:
    """By source, the folder with the files of a national table; `problems` of those that could not be fetched."""

    folders: Mapping[str, Path]
    problems: tuple[str, ...] = ()


def national(contracts: Iterable[Contract]) -> list[Contract]:
    """The contracts whose deliveries cities share."""
    return [contract for contract in contracts if contract.coverage == NATIONAL]


def tables_in(folder: Path, contracts: Iterable[Contract]) -> NationalTables:
    """The national tables of a folder of deliveries; `ConfigurationError` if it has none."""
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}; name one with a folder per national table with --data")
    known = national(contracts)
    found = {c.source: folder / c.source for c in known if delivered_files(folder / c.source, c.ignore_files)}
    if not found:
        raise ConfigurationError(f"{folder} has no folder with files of a national table. {_origins(known)}")
    return NationalTables(found)


def fetch_tables(settings: Settings, folder: Path, contracts: Iterable[Contract]) -> NationalTables:
    """Fetch the national tables that `folder` lacks; `ConfigurationError` says where each comes from if none can be had."""
    known = national(contracts)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(len(known)) as several:  # each may wait for its publisher
        problems = tuple(filter(None, several.map(lambda contract: _fetch(settings, folder, contract), known)))
    found = {c.source: folder / c.source for c in known if delivered_files(folder / c.source, c.ignore_files)}
    if not found:
        raise ConfigurationError(f"no national table could be fetched: {problems[0] if problems else ''}\n{_origins(known)}")
    return NationalTables(found, problems)


def _fetch(settings: Settings, folder: Path, contract: Contract) -> str | None:
    """Fetch one table, unless the folder has it; returns what is wrong."""
    from ingest.connectors.download import fetch_file  # noqa: PLC0415 - dlt takes half a second to import

    target = folder / contract.source
    if not isinstance(contract.connector, HttpConnector) or delivered_files(target, contract.ignore_files):
        return None
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
        downloads, complete = Path(temporary) / "downloads", Path(temporary) / contract.source
        request = FetchRequest(os.environ, downloads, hosts=settings.hosts, most_bytes=settings.max_download_bytes)
        downloads.mkdir()
        complete.mkdir()
        try:
            file = fetch_file(contract.source, contract.connector, request)
            with file.open() as content, (complete / file.name).open("wb") as kept:
                shutil.copyfileobj(content, kept)
        except DeliveryError as error:
            return str(error)
        target.mkdir(exist_ok=True)
        complete.replace(target)
    return None


def _origins(contracts: Iterable[Contract]) -> str:
    """Where each table comes from, and what to do with it."""
    lines = ["Put the files of each into a folder of its name, and name the folder above them with --data FOLDER:"]
    for contract in contracts:
        where = contract.connector.url if isinstance(contract.connector, HttpConnector) else contract.platform
        licence = f" ({contract.agreement.licence.attribution})" if contract.agreement.licence else ""
        lines.append(f"  {contract.source}: {where}{licence}")
    return "\n".join(lines)
