"""The request that a run makes to a live source: its cursor, its secrets, and the files of the newest delivery.

See `ingest.landing.loads` for the position of the cursor.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ingest.contract import Column, Contract
from ingest.errors import DeliveryError
from warehouse.fingerprint import text_sha256

# The largest table of the city's portal, unpacked, is a tenth of this.
DEFAULT_MOST_MB = 4096


@dataclasses.dataclass(frozen=True)
class CursorPosition:
    """Request the rows from `value` of `column` on, and rows without a value; a time is on the wall clock of `zone`."""

    column: Column
    value: dt.datetime | dt.date | int
    zone: str

    def delivered_name(self, names: Iterable[str], fail: Callable[[str, str], DeliveryError]) -> str:
        """The name under which a system has the column; an error if it is none of `names`."""
        own = {name.strip(): name for name in names}
        found = next((own[name] for name in map(str, self.column.delivered_names) if name in own), None)
        if found is None:
            problem = f"it has no column {self.column.delivered_names[0]}, which is the cursor"
            raise fail(problem, "ask the steward for the column's new name, and add it to from: in the contract")
        return found

    def as_text(self) -> str:
        """The value as SQL and the delivery record have it, in whole seconds."""
        if isinstance(self.value, dt.datetime):
            return self.value.isoformat(sep=" ", timespec="seconds")
        return str(self.value)

    def as_utc(self) -> str:
        """The value of a time or a date in UTC."""
        assert not isinstance(self.value, int), "a number has no time zone"
        moment = self.value if isinstance(self.value, dt.datetime) else dt.datetime.combine(self.value, dt.time())
        return moment.replace(tzinfo=ZoneInfo(self.zone)).astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


class DownloadedFile(BaseModel, frozen=True):
    """A downloaded file: the hash of its address (a query string may contain a key), its bytes' hash, and its server's marks."""

    address: str
    name: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None


@dataclasses.dataclass(frozen=True)
class FetchRequest:
    """What a run gives to a live connector.

    `environment` has the secrets that contracts name; `folder` keeps downloads until they are read; `since` is None to request
    everything; `known` are the files of the newest delivery; `hosts` replaces addresses (LEVELGROUND_HOSTS). `most_bytes` limits
    what one source may answer, unless its contract has a limit (LEVELGROUND_MAX_DOWNLOAD_MB).
    """

    environment: Mapping[str, str]
    folder: Path
    since: CursorPosition | None = None
    known: tuple[DownloadedFile, ...] = ()
    hosts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    most_bytes: int = DEFAULT_MOST_MB << 20

    def address(self, url: str) -> str:
        """The address, with its host replaced if the settings replace it."""
        for old, new in self.hosts.items():
            if url == old or url.startswith(f"{old}/"):
                return new + url.removeprefix(old)
        return url


def hash_address(url: str) -> str:
    """The hash by which delivery records identify an address."""
    return text_sha256(url)[:16]


def delivered_names(contract: Contract, header: Sequence[str]) -> tuple[str, ...]:
    """The columns of a header that the contract keeps; a connector requests no others, such as dropped direct identifiers."""
    known = {str(name) for column in contract.kept_columns for name in column.delivered_names}
    return tuple(name for name in header if name.strip() in known)


class SourceChangedDuringRead(DeliveryError):
    """The source changed its rows during a read; a second read may succeed."""
