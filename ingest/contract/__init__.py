"""The contract of a delivered table: its keys, their values and the rules between them, as a strict and frozen model.

Each rule has a remedy in its message. See `ingest.contract.registry` for finding and reading contracts, `vocabulary.yml` for the
word lists, and `ingest.typing` for a column in SQL.
"""

from ingest.contract.model import AGGREGATE, FIGURES, TEAM, Contract
from ingest.contract.sections.column import Column
from ingest.contract.sections.format import (
    ArcgisConnector,
    CkanConnector,
    DatabaseConnector,
    FileConnector,
    Format,
    Header,
    HttpConnector,
    Layout,
    SocrataConnector,
    Unpivot,
)
from ingest.contract.words import IDENTIFIER, NATIONAL, Geoid, Identifier, Inconsistent, TimeZone
