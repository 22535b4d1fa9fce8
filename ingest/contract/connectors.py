"""The keys of `connector`: where a source's records come from, one model a kind.

Here: what each kind must and may say; secrets only by the name of an environment variable. Not here: fetching
(`ingest.connectors`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ingest.contract.words import Address, EnvironmentName, Strict


class FileConnector(Strict):
    """Files in a folder, a glob or an fsspec URL; `--deliveries` needs no path."""

    kind: Literal["file"]
    path: Address | None = None


class DatabaseConnector(Strict):
    """A department's database, by a SQLAlchemy URL that an environment variable holds."""

    kind: Literal["database"]
    credentials_env: EnvironmentName
    schema_: Annotated[str | None, Field(alias="schema")] = None
    table: str | None = None
    query: str | None = None
    cursor: str | None = None
    lookback: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> DatabaseConnector:
        if (self.table is None) == (self.query is None):
            raise ValueError("a database connector has either a table or a query")
        return self


class CkanConnector(Strict):
    """A resource of a CKAN portal."""

    kind: Literal["ckan"]
    base_url: Address
    resource: str
    mode: Literal["datastore", "download"] = "datastore"


class SocrataConnector(Strict):
    """A dataset of a Socrata portal."""

    kind: Literal["socrata"]
    base_url: Address
    resource: str
    credentials_env: EnvironmentName | None = None
    cursor: str | None = None
    lookback: str | None = None


class ArcgisConnector(Strict):
    """A layer of an ArcGIS feature service."""

    kind: Literal["arcgis"]
    base_url: Address
    where: str = "1=1"
    cursor: str | None = None
    lookback: str | None = None


class HttpConnector(Strict):
    """One file behind a URL."""

    kind: Literal["http"]
    url: Address


Connector = Annotated[
    FileConnector | DatabaseConnector | CkanConnector | SocrataConnector | ArcgisConnector | HttpConnector,
    Field(discriminator="kind"),
]
