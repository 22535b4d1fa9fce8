"""Draft a contract from a delivery, with marks where a person has to decide.

`detect_format` detects the format of a file, `column_profiles` and `column_roles` describe its columns, `draft` and `render`
make the contract and the staging model. A draft guesses; a run reads only as the contract declares.
"""

from ingest.scaffold.delivered_sample import Delivered, DraftError, delivery_of
from ingest.scaffold.draft import Draft, draft

__all__ = ["Delivered", "Draft", "DraftError", "delivery_of", "draft"]
