"""The contract: everything Levelground knows of one delivered table, as a strict and frozen model.

Here: the keys a contract may have, what each may hold, and the rules between them, each with a remedy in its message.
Not here: finding contracts and reading their files (`ingest.contract.registry`), the word lists (`vocabulary.yml`), what a column
becomes in SQL (`ingest.typing.expressions`).
"""

from ingest.contract.column import Column
from ingest.contract.connectors import (
    ArcgisConnector,
    CkanConnector,
    DatabaseConnector,
    FileConnector,
    HttpConnector,
    SocrataConnector,
)
from ingest.contract.model import Contract, Inconsistent
from ingest.contract.parts import Format
from ingest.contract.words import IDENTIFIER, Geoid, Identifier, TimeZone

__all__ = [
    "IDENTIFIER",
    "ArcgisConnector",
    "CkanConnector",
    "Column",
    "Contract",
    "DatabaseConnector",
    "FileConnector",
    "Format",
    "Geoid",
    "HttpConnector",
    "Identifier",
    "Inconsistent",
    "SocrataConnector",
    "TimeZone",
]
