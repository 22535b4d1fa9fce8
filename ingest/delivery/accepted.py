"""The accepted loads of a source (`deliveries/<source>/accepted.json`): the only record of what its landing table contains.

A load is accepted when its batch passed the gate, or when a person accepted it. The list has the loads in the order in which they
are applied to landing (`ingest.landing.landing_table`). Order, contract and run are decided here; the counts are those that
landing gave when it was made last, and are absent (`rows_in_landing`) until a new load has been applied.
"""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, TypeAdapter

from ingest.delivery.records import DeliveryRecord

ACCEPTED = "accepted.json"
EARLIER_LIST = "landed.json"  # of earlier versions, which kept the same list there; the next run replaces it


class AcceptedLoad(BaseModel, frozen=True):
    """An accepted load. `contract`: the fingerprint of the contract under which its batch was written and accepted.

    `adds`: the load adds rows and does not replace the whole (`expectations.delivery.volume`). `rows_withdrawn` are rows of
    earlier loads that it replaced and that have no successor in it. Times are in UTC without zone, except `data_as_of`, which is
    on the city's wall clock. Files of earlier versions stay readable: give every new field a default, and never rename a field.
    """

    load_id: str
    sequence: int
    run_id: str
    files: int
    delivered_at: dt.datetime | None
    promoted_at: dt.datetime | None
    contract: str
    rows_delivered: int
    rows_blank: int = 0
    rows_duplicate: int = 0
    rows_rejected: int = 0
    data_as_of: dt.datetime | None = None
    adds: bool = False
    rows_withdrawn: int = 0
    rows_in_landing: int | None = None

    @property
    def place(self) -> tuple[str, int]:
        """The load and its place in the order: a load that is sent again later has another place."""
        return self.load_id, self.sequence


def new_load(
    delivery: DeliveryRecord, contract: str, *, run_id: str, now: dt.datetime | None, adds: bool = False
) -> AcceptedLoad:
    """The load of a delivery that was accepted now, before it is applied to landing."""
    return AcceptedLoad(
        load_id=delivery.load_id,
        sequence=delivery.sequence,
        run_id=run_id,
        files=len(delivery.files),
        delivered_at=delivery.delivered_at,
        promoted_at=now,
        contract=contract,
        rows_delivered=delivery.rows,
        adds=adds,
    )


LOADS = TypeAdapter(tuple[AcceptedLoad, ...])
