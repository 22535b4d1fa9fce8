"""Draft a contract from a delivery, with marks where a person has to decide.

`detect_format` detects the format of a file, `column_profiles` and `column_roles` describe its columns, `draft` and `render`
make the contract. See `orchestration.scaffold` for the models. A draft guesses; a run reads only as the contract declares. Other
packages import from here.
"""

from ingest.scaffold.column_roles import ABOUT_OFFERED, RACE
from ingest.scaffold.delivered_sample import DeliveredSample, DraftError, read_sample
from ingest.scaffold.draft import OPEN_DECISIONS, Draft, draft
from ingest.scaffold.render import write_draft

__all__ = [
    "ABOUT_OFFERED", "OPEN_DECISIONS", "RACE", "DeliveredSample", "Draft", "DraftError", "draft", "read_sample", "write_draft",
]  # fmt: skip
