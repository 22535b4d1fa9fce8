"""Drafting a contract from a delivery: what can be seen in it, written down for somebody to decide.

Here: what a file is (`sniffed`), what its columns hold (`profile`, `meaning`), and the draft of contract and staging model
(`written`). Not here: reading files for a run (`ingest.connectors`): a draft guesses, a contract says.
"""

from ingest.scaffold.delivered_sample import Delivered, DraftError, delivery_of
from ingest.scaffold.draft import Draft, draft

__all__ = ["Delivered", "Draft", "DraftError", "delivery_of", "draft"]
