"""Collect what a gate compares a delivery with: the baseline of its volume, and what is stated about its source.

The baseline of a batch is the size of earlier batches, or the landed rows that it would replace: a file with only new rows has
not lost the others. See `volume_checks` for the allowed loss, and `ingest.landing.landing_table` for the promotion.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expectations.engine.checks import Check
from ingest.delivery import DeliveryStore
from ingest.landing import (
    Batch,
    Overlap,
    PartitionComparison,
    compare_partitions,
    find_overlap,
    find_rival_files,
    find_rival_states,
    since_condition,
)
from ingest.typing import hidden_below, hides_small_numbers, missing_condition, missing_reason, typed_expression
from warehouse.connection import load_extension
from warehouse.sql import queries, quoted

# A batch that contains more than this share of the landed rows or keys is a full delivery, however many new rows it has.
MOST = 0.5
# Two exports of one map differ by rounded coordinates: less than a ten-thousandth of what two outlines of a place cover together.
SAME_OUTLINE = 0.9999


@dataclass(frozen=True)
class ReplacedRows:
    """The landed rows that a batch would replace: their number, and the first day of their first and last period."""

    rows: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class HiddenCells:
    """Cells of a column that the publisher hides, in how many rows, in how many landed ones, and the most that one can hold."""

    column: str
    cells: int
    rows: int
    landed_cells: int
    landed_rows: int
    most: int | None = None


@dataclass(frozen=True)
class VolumeBaseline:
    """What the content of a batch is compared with.

    `earlier_rows`: sizes of earlier full batches, newest first. `adds_only`: the batch contains mostly new rows, perhaps
    none, and leaves most landed rows in place, so its size is not checked. `replaced`: landed rows replaced by a
    `replace_period` batch with periods outside the landed ones. `partitions`: rows withdrawn by a `replace_partition` batch.
    `rival_files`: files of which Levelground cannot know the newer. `overlap`: two files that cover the same days.
    `landed_sums`: of the landed rows, the sum of each column that counts people. `hidden`: the cells that the publisher
    hides, by column. `moved_places`: the places of a map whose outline differs.
    """

    earlier_rows: tuple[int, ...] = ()
    adds_only: bool = False
    replaced: ReplacedRows | None = None
    partitions: PartitionComparison | None = None
    rival_files: tuple[str, ...] = ()
    overlap: Overlap | None = None
    landed_sums: Mapping[str, float] = field(default_factory=dict)
    hidden: tuple[HiddenCells, ...] = ()
    moved_places: tuple[str, ...] = ()


@dataclass(frozen=True)
class PopulationTerms:
    """What the seeds state about a source of people: the years of each scheme, its totals, and the largest change in percent."""

    years: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    most_change_pct: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DeliveryFacts(VolumeBaseline):
    """The inputs of a delivery gate besides the rows: from the load record, from earlier loads, and the clock.

    `columns_*`: names from the load record. `as_of` and the times in the data are city local times; `city_zone` is the city's
    time zone. `files`: for messages. `headers`: the names of the columns of each file. `concepts`: the checks of `concepts`.
    `snapshots`: the dates of the files of a stock. `people`: see `reference_checks`.
    `hidden_limit`: the largest number that the seed `hidden_cell_limits` has for the source. `map_vintage`: type and vintage
    of the map that the source delivers.
    """

    as_of: dt.datetime
    columns_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    columns_repeated: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    city_zone: str | None = None
    concepts: tuple[Check, ...] = ()
    snapshots: tuple[dt.date, ...] = ()
    people: PopulationTerms = PopulationTerms()
    hidden_limit: int | None = None
    map_vintage: str = ""


def volume_baseline(batch: Batch, store: DeliveryStore) -> VolumeBaseline:
    """What a batch is compared with; `store` has the earlier deliveries."""
    hidden = tuple(_hidden_cells(batch))
    return dataclasses.replace(_of_volume(batch, store), hidden=hidden, moved_places=moved_places(batch))


def _hidden_cells(batch: Batch) -> Iterator[HiddenCells]:
    columns = [c for c in batch.contract.kept_columns if hides_small_numbers(c) and c.name in batch.columns]
    if not columns:
        return
    hidden = [f"{missing_condition(c)} and {missing_reason(c)} = 'suppressed_at_source'" for c in columns]
    counts = ", ".join(["count(*)", *(f"count(*) filter (where {condition})" for condition in hidden)])
    limits = ", ".join(f"max({hidden_below(f'trim({quoted(c.name)})')})" for c in columns)
    now = batch.con.execute(f"select {counts}, {limits} from {batch.rows}").fetchone() or ()
    landed = f"select {counts} from landing.{quoted(batch.contract.source)} where _load_id <> ?"
    before = batch.con.execute(landed, [batch.delivery.load_id]).fetchone() or ()
    for at, column in enumerate(columns, start=1):
        yield HiddenCells(column.name, now[at], now[0], before[at], before[0], now[len(columns) + at])


def _of_volume(batch: Batch, store: DeliveryStore) -> VolumeBaseline:
    """The volume baseline of a batch; for an incremental batch by cursor, the landed rows that it would replace."""
    contract, receipt, load = batch.contract, batch.delivery, batch.contract.load
    if receipt.whole or receipt.since is not None:
        requested = "true" if receipt.whole else since_condition(contract, receipt, batch.city_zone)
        return VolumeBaseline(_landed_rows(batch, requested))
    # the same files under an older contract are not an earlier delivery
    files = {file.sha256 for file in receipt.files}
    own = {receipt.load_id, *(r.load_id for r in store.records() if {file.sha256 for file in r.files} == files)}
    if load.mode == "replace_partition":
        if not batch.columns.issuperset(contract.deciding_columns):
            return VolumeBaseline(())
        partitions, rivals = compare_partitions(batch, own), find_rival_files(batch)
        return VolumeBaseline((), partitions=partitions, rival_files=rivals, overlap=find_overlap(batch))
    has_key = load.key and len(receipt.files) > 1
    is_written = batch.columns.issuperset((*contract.deciding_columns, *load.dating_columns))
    rivals = find_rival_states(batch) if has_key and is_written else ()
    overlap = find_overlap(batch) if is_written else None
    return dataclasses.replace(_of_rows(batch, own), rival_files=rivals, overlap=overlap, landed_sums=_landed_sums(batch, own))


def _landed_sums(batch: Batch, own: Collection[str]) -> Mapping[str, float]:
    names = [column.name for column in batch.contract.kept_columns if column.role == "concept"]
    if not names or batch.contract.load.mode != "replace":
        return {}
    sums = ", ".join(f"sum({typed_expression(batch.contract.column(name), batch.city_zone)})::double" for name in names)
    landed = f'select {sums} from landing."{batch.contract.source}" where not list_contains(?, _load_id)'
    row = batch.con.execute(landed, [list(own)]).fetchone() or ()
    return {name: total for name, total in zip(names, row, strict=True) if total is not None}


def _of_rows(batch: Batch, own: Collection[str]) -> VolumeBaseline:
    load = batch.contract.load
    if batch.delivery.left_out:
        # compared with the earlier files of these names
        names = [file.name for file in batch.delivery.files]
        of_files = "list_contains(?, _source_file) and not list_contains(?, _load_id)"
        return VolumeBaseline(_landed_rows(batch, of_files, names, list(own)), adds_only=True)
    loads = "select rows_delivered from intake.loads where source = ? and not list_contains(?, load_id) and not adds "
    found = batch.con.execute(f"{loads} order by sequence desc", [batch.contract.source, list(own)]).fetchall()
    earlier = tuple(row[0] for row in found)
    if not earlier:
        return VolumeBaseline(earlier)
    if load.mode == "replace_period" and load.period_column in batch.columns:
        return _by_period(batch, earlier, own)
    if load.mode == "merge" and load.key and batch.columns.issuperset(load.key):
        return VolumeBaseline(earlier, _adds_keys(batch, own))
    return VolumeBaseline(earlier)


def _landed_rows(batch: Batch, condition: str, *parameters: list[str]) -> tuple[int, ...]:
    """The number of landed rows, if there are any."""
    landed = f'select count(*) from landing."{batch.contract.source}" where {condition}'
    row = batch.con.execute(landed, list(parameters)).fetchone()
    return (row[0],) if row and row[0] else ()


def _by_period(batch: Batch, earlier: tuple[int, ...], own: Collection[str]) -> VolumeBaseline:
    row = batch.con.execute(_queries(batch).by_period(batch.unit), [list(own)]).fetchone()
    if row is None or not row[0]:
        return VolumeBaseline(earlier)
    _, landed, taken_out, first, last = row
    adds = taken_out < MOST * landed
    return VolumeBaseline(earlier, adds, ReplacedRows(int(taken_out), first, last) if taken_out else None)


def _adds_keys(batch: Batch, own: Collection[str]) -> bool:
    parts = [typed_expression(batch.contract.column(name), batch.city_zone) for name in batch.contract.load.key or ()]
    row = batch.con.execute(_queries(batch).keys(parts), [list(own)]).fetchone()
    given, landed, known = row or (0, 0, 0)
    return bool(known < MOST * given and known < MOST * landed)


def _queries(batch: Batch) -> Any:
    return queries(Path(__file__).with_suffix(".sql.jinja"), landed=f"landing.{quoted(batch.contract.source)}", rows=batch.rows)


def moved_places(batch: Batch) -> tuple[str, ...]:
    """The places of a delivered map whose outline differs from the landed one, or that only one of the two has."""
    contract = batch.contract
    shape = next((column.name for column in contract.kept_columns if column.role == "geometry"), None)
    if shape is None or contract.load.mode != "replace" or not batch.columns.issuperset((shape, *(contract.load.key or ()))):
        return ()
    load_extension(batch.con, "spatial")
    key = [typed_expression(contract.column(name), batch.city_zone) for name in contract.load.key or ()]
    place = f"concat_ws('/', {', '.join(key)})" if key else "'the city'"
    outline = f"st_union_agg(st_makevalid(try(st_geomfromgeojson({quoted(shape)}))))"
    rows = f"select {place} as place, {outline} as outline from"
    found = batch.con.execute(
        f"""
        with
        given as ({rows} {batch.rows} group by 1),
        landed as ({rows} landing.{quoted(contract.source)} where _load_id <> ? group by 1)
        select place
        from given
        full join landed using (place)
        where
            exists (select 1 from landed)
            and coalesce(
                st_area(st_intersection(given.outline, landed.outline)) < ? * st_area(st_union(given.outline, landed.outline)),
                true
            )
        order by all
        """,
        [batch.delivery.load_id, SAME_OUTLINE],
    ).fetchall()
    return tuple(place for (place,) in found)
