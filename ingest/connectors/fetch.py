"""How a live system is asked this time: since when, with which secrets, and what is known of it from before.

Here: what a run hands to every live connector, and what a connector hands back beside rows. Not here: the connectors, where
the cursor comes from (`ingest.landing.cursor`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.contract import Column
from ingest.errors import DeliveryError
from warehouse.fingerprint import text_sha256


@dataclasses.dataclass(frozen=True)
class Since:
    """Rows from `value` of `column` on are wanted, and rows without a value; a time is the wall clock of `zone`."""

    column: Column
    value: dt.datetime | dt.date | int
    zone: str

    def text(self) -> str:
        """The value as SQL and the receipt write it, in whole seconds."""
        if isinstance(self.value, dt.datetime):
            return self.value.isoformat(sep=" ", timespec="seconds")
        return str(self.value)

    def utc(self) -> str:
        """The value of a time or a date as UTC."""
        moment = self.value if isinstance(self.value, dt.datetime) else dt.datetime.combine(_as_date(self.value), dt.time())
        return moment.replace(tzinfo=ZoneInfo(self.zone)).astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def _as_date(value: dt.date | int) -> dt.date:
    assert isinstance(value, dt.date), "a number has no time zone"
    return value


@dataclasses.dataclass(frozen=True)
class Fetched:
    """A file that was downloaded: by which address (hashed: a query may hold a key), its bytes, and its server's marks."""

    address: str
    name: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None


@dataclasses.dataclass(frozen=True)
class Fetch:
    """What a run gives to a live connector.

    `environment` holds the secrets that contracts name; `folder` takes downloads until they are read; `since` is None where
    everything is wanted; `known` are the files of the newest delivery; `hosts` moves addresses (LEVELGROUND_HOSTS).
    """

    environment: Mapping[str, str]
    folder: Path
    since: Since | None = None
    known: tuple[Fetched, ...] = ()
    hosts: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def address(self, url: str) -> str:
        """The address with its host moved, where the settings say so."""
        for old, new in self.hosts.items():
            if url == old or url.startswith(f"{old}/"):
                return new + url.removeprefix(old)
        return url

    def known_of(self, url: str) -> Fetched | None:
        """What the newest delivery took from an address."""
        return next((file for file in self.known if file.address == address_hash(url)), None)


def address_hash(url: str) -> str:
    """What an address is known by in receipts."""
    return text_sha256(url)[:16]


class Shifted(DeliveryError):
    """The rows moved while they were read; read again, they may stand still."""
