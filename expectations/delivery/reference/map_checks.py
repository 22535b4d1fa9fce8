"""Check that a delivered map is the one in force: a redrawn map is given a vintage, or a person accepts it as a correction.

A map of other lines under the same name would move records to other places while residents stay with the codes of their blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.engine.checks import Check, measure
from ingest.contract import Contract
from warehouse.printable import first_names

MAP_CHANGED = "map_changed"
SHOWN_PLACES = 10


def map_checks(contract: Contract, facts: DeliveryFacts) -> Iterator[Check]:
    """The check of a map that the seed `geography_vintages` names."""
    if not facts.map_vintage:
        return
    moved = facts.moved_places
    message = (
        f"{contract.source}: {first_names(moved, SHOWN_PLACES)} have other lines than on the map in force "
        f"({facts.map_vintage}). A new map gets a vintage and its first day: `levelground maps new {contract.source}`. If the "
        "file corrects the map, accept its load: residents are then counted by its lines, no longer by the codes of their blocks"
    )
    yield measure(MAP_CHANGED, "critical", message if moved else "", expression=str(len(moved)), at_most=0)
