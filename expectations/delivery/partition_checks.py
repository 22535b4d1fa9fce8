"""Check a delivery by load mode `replace_partition`: the rows that it withdraws, and which of its files is the newest.

See `ingest.landing.partitions` for the counts, and `volume_checks` for the other load modes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from expectations.engine.checks import Check, measure
from ingest.contract import Contract
from ingest.landing import PartitionComparison

# A delivery of more than twice its usual size may contain every row twice.
VOLUME_RISE = 2.0


def release_checks(contract: Contract, compared: PartitionComparison | None, rivals: Sequence[str]) -> Iterator[Check]:
    """The volume checks of a delivery by load mode `replace_partition`; `compared` is None before the first load."""
    source, drop = contract.source, contract.tolerances.volume_drop_pct
    message = (
        f"{source}: {' and '.join(rivals)} contain the same records, and Levelground does not know which is the newer release; "
        "leave the older one out, or date the releases (load.release in the contract)"
    )
    yield measure("rival_releases", "critical", message, expression=str(len(rivals)), at_most=0)
    if compared is None:
        return
    if compared.landed:
        loss, of = compared.largest_loss_withdrawn, compared.largest_loss_landed
        message = (
            f"{source}: the release withdraws {loss:,} of the {of:,} rows of {compared.largest_loss}, more than {drop:g} %; "
            "is it cut off?"
        )
        yield measure("rows_withdrawn", "critical", message, expression=str(loss), at_most=math.floor(of * drop / 100))
        message = f"{source}: the release withdraws {compared.withdrawn:,} of the {compared.landed:,} rows that it replaces"
        yield measure("withdrawn_rows", "info", message, expression=str(compared.withdrawn), at_most=0)
        most = math.floor(compared.landed * VOLUME_RISE)
        message = (
            f"{source}: the release has more than {VOLUME_RISE:g} times the {compared.landed:,} rows that it replaces; "
            "does it contain rows twice?"
        )
        yield measure("rows_gained", "warning", message, expression=str(compared.rows), at_most=most)
    if compared.new:
        usual = compared.usual * compared.new
        message = (
            f"{source}: the release has {compared.new_rows:,} rows in {compared.new:,} new partitions, more than {drop:g} % "
            f"below the usual {usual:,.0f}; is it cut off?"
        )
        least = math.ceil(usual * (1 - drop / 100))
        yield measure("rows_lost", "critical", message, expression=str(compared.new_rows), at_least=least)
