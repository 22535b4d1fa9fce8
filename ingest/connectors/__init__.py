"""From a contract to Arrow batches of text: one module for each kind of origin.

Here: what every connector yields (`Part`), how raw columns become the contract's (`conform`), and the choice of connector.
Not here: writing batches down (`ingest.delivery.write_batch`), judging them (`expectations`).

A connector is a thin map onto a library that fetches or reads well. All yield the same: record batches of text under the
names of the delivery, nothing cast, and `conform` does the rest once.
"""

from ingest.connectors.fetch import Fetch, Fetched, Shifted, Since
from ingest.connectors.origin import Origin, Part, open_folder
from ingest.connectors.registry import open_live
from ingest.delivery.header_match import Conformer
from ingest.errors import DeliveryError
from ingest.readers.files import delivered_files

__all__ = [
    "Conformer",
    "DeliveryError",
    "Fetch",
    "Fetched",
    "Origin",
    "Part",
    "Shifted",
    "Since",
    "delivered_files",
    "open_folder",
    "open_live",
]
