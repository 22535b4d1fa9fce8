"""Check the number of rows of a delivery against earlier loads, or the landed rows that it replaces, and a release for its files.

See `delivery_facts` for these numbers, and `ingest.landing.partitions` for the rows that a delivery by load mode
`replace_partition` withdraws, and its rival files.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from expectations.delivery.cell_checks import BLANK
from expectations.delivery.delivery_facts import DeliveryFacts, ReplacedRows
from expectations.engine.checks import Check, header, measure
from expectations.results import Severity
from ingest.contract import Contract
from ingest.contract.sections.column import YEAR, year_in_name
from ingest.landing import Overlap, PartitionComparison
from warehouse.printable import first_names
from warehouse.sql import quoted

# The usual size of a delivery is the median of the last five, so that one odd accepted batch does not become the norm.
EARLIER_BATCHES = 5
# A delivery of more than twice its usual size may contain every row twice.
VOLUME_RISE = 2.0
# Fewer hidden cells are no changed rule of the publisher.
HIDDEN_LEAST = 20
# A tenth of all rows more is one, also where so many are hidden that their share cannot double.
HIDDEN_RISE = 0.1
SHOWN_FILES = 10


def volume_checks(contract: Contract, facts: DeliveryFacts) -> Iterator[Check]:
    """The checks of the number of rows against earlier loads, or against the landed rows that the delivery replaces."""
    source = contract.source
    strict: Severity = "info" if facts.adds_only else "critical"
    message = f"{source}: the delivery contains no record; ask the steward for a full one"
    yield measure("rows", strict, message, expression=f"count(*) filter (where not {BLANK})", at_least=1)
    if facts.overlap is not None:
        yield _overlap(contract, facts.overlap)
    if contract.load.mode == "replace_partition":
        yield from release_checks(contract, facts.partitions, facts.rival_files)
        return
    if facts.rival_files:
        message = (
            f"{source}: {' and '.join(facts.rival_files)} contain different states of the same records, and nothing dates them; "
            "name the column that dates a state in load.order_by, or date the files with load.release: {file_name: …}"
        )
        yield measure("rival_states", "critical", message, expression=str(len(facts.rival_files)), at_most=0)
    if facts.replaced:
        yield _replaced_periods(contract, facts.replaced)
        return
    if not facts.earlier_rows or facts.adds_only:
        return
    drop = contract.tolerances.volume_drop_pct
    usual, least, most = usual_rows(facts.earlier_rows, drop)
    message = f"{source}: the delivery has lost more than {drop:g} % of its usual {usual:,.0f} rows; is it cut off?"
    kwargs = {"min_value": least}
    yield Check("rows_lost", "expect_table_row_count_to_be_between", kwargs, strict, message, None, least)
    message = (
        f"{source}: the delivery has more than {VOLUME_RISE:g} times its usual {usual:,.0f} rows; does it contain rows twice?"
    )
    yield Check("rows_gained", "expect_table_row_count_to_be_between", {"max_value": most}, "warning", message, None, most)


def hidden_cell_checks(contract: Contract, facts: DeliveryFacts) -> Iterator[Check]:
    """The checks of the cells that the publisher hides: their share against the load before, and the limit that they state."""
    for hidden in facts.hidden:
        share, usual = (
            cells / rows if rows else 0.0
            for cells, rows in ((hidden.cells, hidden.rows), (hidden.landed_cells, hidden.landed_rows))
        )
        where = f"{contract.source}: {hidden.column}"
        if hidden.landed_rows and hidden.cells >= HIDDEN_LEAST:
            message = (
                f"{where} is hidden in {hidden.cells:,} of {hidden.rows:,} rows, in earlier loads in {hidden.landed_cells:,} "
                f"of {hidden.landed_rows:,}; did the publisher change its rule? Then add its row to "
                "hidden_cell_limits, with the first day that it holds"
            )
            most = min(VOLUME_RISE * usual, usual + HIDDEN_RISE)
            yield measure("hidden_cells_rose", "warning", message, expression=str(share), at_most=most, column=hidden.column)
        if hidden.most is not None and facts.hidden_limit is not None:
            message = (
                f"{where} has cells that hide up to {hidden.most:,}, and hidden_cell_limits says up to {facts.hidden_limit:,}: "
                f"bounds would be too narrow. End the row of {contract.source} (valid_to) and add one with {hidden.most:,} "
                "and the first day of the periods for which it holds"
            )
            limit = facts.hidden_limit
            yield measure(
                "hidden_limit_rose", "critical", message, expression=str(hidden.most), at_most=limit, column=hidden.column
            )


def _overlap(contract: Contract, overlap: Overlap) -> Check:
    one, other = overlap.files
    if contract.load.mode == "replace_period":
        span = overlap.first if overlap.first == overlap.last else f"{overlap.first} to {overlap.last}"
        what = f"both have the records of {span} ({contract.load.period}s)"
    else:
        what = "are exports of the same date"
    message = (
        f"{contract.source}: {one} and {other} {what}, so that they would count twice; take one of them away (a correction that "
        "is left alone may be held back as smaller than usual: accept its load then), or write load.files: parts into the "
        "contract if the files share them"
    )
    return measure("overlapping_files", "critical", message, expression="2", at_most=0)


def usual_rows(earlier: Sequence[int], drop_pct: float) -> tuple[float, int, int]:
    """The usual number of rows by earlier batches, newest first; and the least and most that the gate expects."""
    usual = statistics.median(earlier[:EARLIER_BATCHES])
    return usual, math.ceil(usual * (1 - drop_pct / 100)), math.floor(usual * VOLUME_RISE)


def _replaced_periods(contract: Contract, replaced: ReplacedRows) -> Check:
    load, drop = contract.load, contract.tolerances.volume_drop_pct
    period = f"date_trunc('{load.period}', {quoted(str(load.period_column))})"
    given = f"count(*) filter (where {period} between date '{replaced.first}' and date '{replaced.last}')"
    span = f"{replaced.first}" if replaced.first == replaced.last else f"{replaced.first} to {replaced.last}"
    message = (
        f"{contract.source}: the delivery replaces the {replaced.rows:,} rows of {span} ({load.period}s) and lacks more "
        f"than {drop:g} % of them; is it cut off? Periods are delivered whole"
    )
    return measure("rows_lost", "critical", message, expression=given, at_least=math.ceil(replaced.rows * (1 - drop / 100)))


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


def file_set_checks(contract: Contract, files: Sequence[str]) -> Iterator[Check]:
    """One check of what is missing, and one of the years; none for a contract without a set, or before a file fits it.

    The release is the year of most of the files: a publisher may bring out some of its measures a year before the others.
    """
    expected = contract.release_files
    newest = _newest_years(expected.names, files) if expected else {}
    if expected is None or not newest:
        return
    counted = Counter(newest.values())
    release = max(counted, key=lambda year: (counted[year], year))
    missing = [name.replace(YEAR, str(release)) for name in expected.names if newest.get(name, 0) < release]
    there = len(expected.names) - len(missing)
    message = (
        f"{contract.source}: the release {release} has {there} of {len(expected.names)} expected files; missing: "
        f"{first_names(missing, SHOWN_FILES)}; their last figures stay. Ask the publisher for them, or take them out of "
        "release_files"
    )
    yield header("release_files", "warning", message if missing else "", mismatches=len(missing))
    if expected.checked_until is not None:
        later = [name for name, year in newest.items() if year > expected.checked_until]
        message = (
            f"{contract.source}: {len(later)} files are of a release after {expected.checked_until}, and their periods follow "
            "from the year in the name; compare them with the publisher's documentation, then raise release_files.checked_until"
        )
        yield header("release_periods", "warning", message if later else "", mismatches=len(later))


def _newest_years(names: Sequence[str], files: Sequence[str]) -> dict[str, int]:
    """The newest year of each expected file that was delivered."""
    years_of = {name: [year for file in files if (year := year_in_name(name, file, re.IGNORECASE))] for name in names}
    return {name: max(years) for name, years in years_of.items() if years}
