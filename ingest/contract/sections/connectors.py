"""The keys of `connector`, with one model per kind: where a source's records come from.

A contract names secrets only by environment variables. See `ingest.connectors` for fetching.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ingest.contract.words import Address, EnvironmentName, HostName, Strict, WebAddress, matching

LOOKBACK = re.compile(r"(\d+)(?: (minute|hour|day|week)s?)?")
Lookback = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
    matching(LOOKBACK, "a look-back like 36 hours, 7 days, 2 weeks, or for a cursor of numbers like 1000"),
]


class WithCursor(Strict):
    """A connector that can request new rows only: from the newest landed `cursor`, less `lookback`."""

    cursor: str | None = None
    lookback: Lookback | None = None

    @model_validator(mode="after")
    def _both(self) -> Any:
        if (self.cursor is None) != (self.lookback is None):
            raise ValueError(
                "cursor and lookback go together: say how far back rows may still come or change (lookback: 7 days); "
                "without them everything is read each time"
            )
        return self


class WebConnector(Strict):
    """A connector that requests from a web address.

    `allow_hosts` are further hosts that the portal may refer to, and hosts in a private network. `max_download_mb` limits all
    answers of one read together, unpacked; without it, LEVELGROUND_MAX_DOWNLOAD_MB does.
    """

    allow_hosts: tuple[HostName, ...] = ()
    max_download_mb: Annotated[int, Field(ge=1)] | None = None


def lookback(connector: Any) -> dt.timedelta | int | None:
    """The look-back of a connector: a duration, a number for a numeric cursor, None without a cursor."""
    found = LOOKBACK.fullmatch(getattr(connector, "lookback", None) or "")
    if found is None:
        return None
    return dt.timedelta(**{f"{found[2]}s": int(found[1])}) if found[2] else int(found[1])


def gives_rows(connector: Any) -> bool:
    """Whether the system gives rows and no files, so that nothing needs to say how a file is written."""
    return connector.kind in ("database", "socrata", "arcgis") or getattr(connector, "mode", None) == "datastore"


class FileConnector(Strict):
    """Files in a folder, a glob or an fsspec URL; `--deliveries` needs no path."""

    kind: Literal["file"]
    path: Address | None = None


class DatabaseConnector(WithCursor):
    """A department's database, at the SQLAlchemy URL in an environment variable."""

    kind: Literal["database"]
    credentials_env: EnvironmentName
    schema_: Annotated[str | None, Field(alias="schema")] = None
    table: str | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> DatabaseConnector:
        if (self.table is None) == (self.query is None):
            raise ValueError("a database connector has either a table or a query")
        return self


class CkanConnector(WebConnector):
    """A resource of a CKAN portal by its id; within a `package`, every resource with that id, or with a name that matches the
    glob.
    """

    kind: Literal["ckan"]
    base_url: WebAddress
    package: str | None = None
    resource: str
    mode: Literal["datastore", "download"] = "datastore"


class SocrataConnector(WithCursor, WebConnector):
    """A dataset of a Socrata portal."""

    kind: Literal["socrata"]
    base_url: WebAddress
    resource: str
    credentials_env: EnvironmentName | None = None


class ArcgisConnector(WithCursor, WebConnector):
    """A layer or table of an ArcGIS feature or map service, by its address: …/FeatureServer/0."""

    kind: Literal["arcgis"]
    base_url: WebAddress
    where: str = "1=1"


class HttpConnector(WebConnector):
    """One file at a URL."""

    kind: Literal["http"]
    url: WebAddress


Connector = Annotated[
    FileConnector | DatabaseConnector | CkanConnector | SocrataConnector | ArcgisConnector | HttpConnector,
    Field(discriminator="kind"),
]
