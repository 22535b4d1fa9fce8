"""Make the equations that a reader knows without reading a figure: parts sum to their whole.

Covered are sums of races, places, periods and strata, complements, and multiracial selections, with the cells that no row shows
and sums determine. See `figure_equations` for the figures of rows.

Each sum may have a remainder that no row shows: races that the plan leaves out, records that are not geocoded, records without a
stratum. Where all remainders of a kind are zero, a reader is assumed to know it; else each remainder is its own cell. A missing
row means zero where rows of its kind are published at all.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from expectations.disclosure.equations.cells import (
    IN_COMBINATION,
    KNOWN,
    LEFT_OUT,
    LEFT_OUT_KNOWN,
    NO_STRATUM,
    UNKNOWN,
    UNPLACED,
    Cells,
    SumEquation,
)
from expectations.disclosure.inputs.audit_inputs import CellKey
from expectations.disclosure.intervals.linear_system import TOLERANCE

# Months of a period, and the shorter periods whose sum each longer one is. Years are pooled as a whole.
MONTHS = {"month": 1, "quarter": 3, "year": 12, "school_year": 12, "3_year": 36, "5_year": 60}
_FINER = {
    "quarter": ("month",),
    "year": ("month", "quarter"),
    "3_year": ("year", "school_year"),
    "5_year": ("year", "school_year"),
}
EXCLUSIVE, COMBINED = "exclusive", "alone_or_in_combination"
WHOLE_PLACES = ("city", "county", "state")  # a jurisdiction is one of these; every other place is in one
IS_KNOWN = ("category", "combination")


def add_sums(
    cells: Cells,
    figures: Mapping[tuple[str, CellKey], float],
    race_kinds: Mapping[str, str],
    reported: Mapping[tuple[str, CellKey], float],
) -> None:
    """Add all sums of all records in `cells`. `figures`: the truth, also of unpublished rows.

    `reported`: the number of known race, where it is not the sum of today's figures.
    """
    known = _known_races(figures, race_kinds) | dict(reported)
    for records in list(cells.by_records):
        out = PublishedKinds(cells.by_records[records])
        _add_race_sums(cells, records, race_kinds, known, unplaced=False)
        _add_family(cells, records, "strata", _stratum_sums(cells, records))
        _add_family(cells, records, "periods", period_sums(cells, records, out))
        _add_place_sums(cells, records, out)
        _add_race_sums(cells, records, race_kinds, known, unplaced=True)
        _add_combinations(cells, records)


def equate_same_persons(cells: Cells, universes: Mapping[str, str]) -> None:
    """Two kinds of records with equal counts everywhere are the same persons, as a reader guesses.

    They are among the same others (`universes`), or one is among the other.
    """
    names = sorted({*universes, *universes.values()} & set(cells.by_records))
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            among_same = universes.get(one, one) == universes.get(other, other)
            if not among_same and universes.get(one) != other and universes.get(other) != one:
                continue
            other_cells = cells.by_records[other]
            pairs = [(cell, other_cells[where]) for where, cell in cells.by_records[one].items() if where in other_cells]
            if pairs and all(abs(cells.truth[left] - cells.truth[right]) <= TOLERANCE for left, right in pairs):
                for left, right in pairs:
                    cells.equate({left: 1.0, right: -1.0}, 0.0, "same persons")


def add_sum_of_records(cells: Cells, whole: str, parts: tuple[str, ...]) -> None:
    """Add the sum of kinds of records wherever all of them are counted."""
    for where, cell in list(cells.by_records.get(whole, {}).items()):
        of_parts = [part for records in parts if (part := cells.get(records, where)) is not None]
        if len(of_parts) == len(parts):
            cells.equate({cell: 1.0} | dict.fromkeys(of_parts, -1.0), 0.0, "sums of records")


def complement_of(denominator: str, numerator: str) -> str:
    """The name of the persons in the denominator who are not in the numerator."""
    return f"{denominator} but {numerator}"


def add_complement(cells: Cells, numerator: str, denominator: str) -> None:
    """Add the complement: persons in the denominator and not in the numerator. For a composition these are all other races."""
    for where, cell in list(cells.by_records.get(numerator, {}).items()):
        if numerator != denominator:
            whole = cells.get(denominator, where)
        elif where.race in ("all", UNKNOWN, KNOWN, LEFT_OUT, LEFT_OUT_KNOWN) or where.tabulation == IN_COMBINATION:
            continue
        else:
            whole = cells.get(denominator, where._replace(race="all", tabulation=EXCLUSIVE))
        if whole is not None:
            truth = cells.truth[whole] - cells.truth[cell]
            counts = where.race != KNOWN and not math.isnan(truth)
            other = cells.add(complement_of(denominator, numerator), where, truth, counts=counts)
            cells.equate({cell: 1.0, other: 1.0, whole: -1.0}, 0.0, "complements")
            if cells.public_zeros >= {cell, whole}:
                cells.public_zeros.add(other)


def _add_family(cells: Cells, records: str, name: str, sums: Iterable[SumEquation], overlaps: bool = True) -> bool:
    """Add sums, with remainders where their family has any; False, and nothing, for a family whose parts exceed a whole.

    With `overlaps` such parts are each at most their whole.
    """
    families: dict[tuple[str, ...], list[tuple[SumEquation, float]]] = defaultdict(list)
    for one in sums:
        rest = cells.truth[one.whole] - math.fsum(cells.truth[part] for part in one.parts)
        families[one.family].append((one, rest))
    fits = True
    for members in families.values():
        slack = [TOLERANCE * max(1.0, abs(cells.truth[one.whole])) for one, _ in members]
        if any(rest < -limit for (_, rest), limit in zip(members, slack, strict=True)):
            fits = False
            for one, _ in members if overlaps else ():
                for part in one.parts:
                    cells.at_most({part: 1.0, one.whole: -1.0}, 0.0, name)
            continue
        # a whole that its source stars may contain places that show no row at all
        has_rests = any(
            rest > limit or (name != "races" and math.isnan(cells.truth[one.whole]))
            for (one, rest), limit in zip(members, slack, strict=True)
        )
        for one, rest in members:
            terms = {one.whole: 1.0} | dict.fromkeys(one.parts, -1.0)
            if has_rests:
                remainder = cells.add(records, one.rest, max(rest, 0.0), counts=not math.isnan(rest))
                # that no place, year or stratum is left out describes no person; that a group is empty may do
                is_empty = rest <= TOLERANCE and one.rest.race != LEFT_OUT_KNOWN
                if is_empty or cells.public_zeros.issuperset((one.whole, *one.parts)):
                    cells.public_zeros.add(remainder)
                terms[remainder] = -1.0
            cells.equate(terms, 0.0, name)
    return fits


def _known_races(figures: Mapping[tuple[str, CellKey], float], race_kinds: Mapping[str, str]) -> dict[tuple[str, CellKey], float]:
    """The number of known race in each slice, published or not."""
    known: dict[tuple[str, CellKey], list[float]] = defaultdict(list)
    for (records, where), figure in figures.items():
        if race_kinds.get(where.race) in IS_KNOWN and where.tabulation == EXCLUSIVE:
            known[records, where._replace(race="all")].append(figure)
    return {key: math.fsum(values) for key, values in known.items()}


def _add_race_sums(
    cells: Cells, records: str, race_kinds: Mapping[str, str], known: Mapping[tuple[str, CellKey], float], *, unplaced: bool
) -> None:
    """All is known plus unknown race, which known shares and bounds reveal; and known race is the sum of the codes."""
    sums = []
    slices = list(cells.slices(records, race="all"))
    codes_of: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for at, members in slices:
        collected = {where.race for where, cell in members.items() if where.race in race_kinds and cell not in cells.public_zeros}
        codes_of[_kind(at)] |= collected - {"all"}
    # without a code for unknown race in any row, those of unknown race are what is left of all
    has_unlisted = any(
        cells.truth[members[at]]
        - math.fsum(cells.truth[c] for other, c in members.items() if other.race in race_kinds and other != at)
        > TOLERANCE
        for at, members in slices
        if at in members and at.tabulation == EXCLUSIVE and len(members) > 1
    )
    for at, published in slices:
        if at.tabulation != EXCLUSIVE or at not in published or at.geoid.endswith(UNPLACED) != unplaced:
            continue
        whole = published[at]
        members = published
        if len(published) == 1 and math.isnan(cells.truth[whole]):
            # a place whose source stars all of its rows has none by race, but persons of each
            starred = [at._replace(race=race) for race in sorted(codes_of[_kind(at)])]
            members = published | {where: cells.add(records, where, math.nan) for where in starred}
        if len(members) == 1:
            continue
        codes = {where.race: cell for where, cell in members.items() if where.race in race_kinds and where.race != "all"}
        of_known = tuple(cell for race, cell in codes.items() if race_kinds[race] in IS_KNOWN)
        of_unknown = tuple(cell for race, cell in codes.items() if race_kinds[race] not in IS_KNOWN)
        known_sum = math.fsum(cells.truth[cell] for cell in of_known)
        k = cells.add(
            records,
            at._replace(race=KNOWN),
            known_sum if math.isnan(known_sum) else known.get((records, at), known_sum),
            counts=False,
        )
        unknown = cells.truth[whole] - cells.truth[k]
        if math.isnan(unknown) and not of_unknown and not has_unlisted:
            unknown = 0.0  # no code for it has a row
        u = cells.add(records, at._replace(race=UNKNOWN), unknown)
        cells.equate({whole: 1.0, k: -1.0, u: -1.0}, 0.0, "races")
        family = _kind(at)
        sums.append(SumEquation((*family, KNOWN), k, of_known, at._replace(race=LEFT_OUT_KNOWN)))
        sums.append(SumEquation((*family, UNKNOWN), u, of_unknown, at._replace(race=LEFT_OUT)))
    if not _add_family(cells, records, "races", sums, overlaps=False):
        _add_contradictory_sums(cells, "races", sums)


def _kind(at: CellKey) -> tuple[str, str, str]:
    return at.period_type, at.geography_type, at.stratum_type


def _stratum_sums(cells: Cells, records: str) -> Iterator[SumEquation]:
    """Strata of a type sum to all, and strata `a/b` to the stratum `a` of another type."""
    for at, members in cells.slices(records, stratum_type="all", stratum_code="all"):
        codes = {where.stratum_code: (where, cell) for where, cell in members.items() if where.stratum_type != "all"}
        parts: dict[tuple[str, int, str], list[int]] = defaultdict(list)
        for code, (where, cell) in codes.items():
            path, _, _ = code.rpartition("/")
            if path in codes and codes[path][0].stratum_type != where.stratum_type:
                parts[where.stratum_type, codes[path][1], f"{path}/"].append(cell)
            elif at in members:
                parts[where.stratum_type, members[at], ""].append(cell)
        for (stratum_type, whole, path), found in parts.items():
            rest = at._replace(stratum_type=stratum_type, stratum_code=f"{path}{NO_STRATUM}")
            yield SumEquation((stratum_type, "nested" if path else "all"), whole, tuple(found), rest)


def _add_place_sums(cells: Cells, records: str, out: PublishedKinds) -> None:
    """Places of a kind sum to the city, those of both maps in a period in which the map changed; schools to their district."""
    geoids: dict[str, set[str]] = defaultdict(set)
    for where in cells.by_records[records]:
        geoids[where.geography_type].add(where.geoid)
    for kind in sorted(set(geoids) - set(WHOLE_PLACES)):
        ahead = {geoid.rpartition("/")[0] for geoid in geoids[kind]}
        above = next((other for other in sorted(geoids) if other != kind and ahead & geoids[other]), None)
        sums = _place_sums(cells, records, out, kind, above)
        if not _add_family(cells, records, "places", sums, overlaps=False):
            sums = [part for one in sums for part in _of_each_map(cells, one)]
            if not _add_family(cells, records, "places", sums, overlaps=False):
                _add_contradictory_sums(cells, "places", sums)


def _place_sums(cells: Cells, records: str, out: PublishedKinds, kind: str, above: str | None) -> list[SumEquation]:
    """The sums of places of a kind: to the jurisdiction, or to the places `above` whose names their names begin with."""
    nested = above is not None
    sums = []
    for _, members in cells.slices(records, geography_type="", geography_vintage="", geoid=""):
        wholes = [at for at in members if at.geography_type in ((above,) if above is not None else WHOLE_PLACES)]
        if len(wholes) > 1 and not nested:
            continue  # names do not show which of them contains a place
        for whole in wholes:
            rest = whole._replace(geography_type=kind, geography_vintage="", geoid=f"{whole.geoid}/{UNPLACED}")
            if out.has(rest):
                inside = [
                    at
                    for at in members
                    if at.geography_type == kind and (not nested or at.geoid.rpartition("/")[0] == whole.geoid)
                ]
                if inside:  # a race that no place has in this period is enclosed in other periods only
                    sums.append(SumEquation((kind, whole.period_type), members[whole], tuple(members[at] for at in inside), rest))
    return sums


def _of_each_map(cells: Cells, one: SumEquation) -> Iterator[SumEquation]:
    """One sum per map of its places: for stocks on one day, not for events of a period."""
    maps: dict[str, list[int]] = defaultdict(list)
    for part in one.parts:
        _, at = next(cells.named([part]))
        maps[at.geography_vintage].append(part)
    for vintage, parts in maps.items():
        rest = one.rest._replace(geography_vintage=vintage)
        yield SumEquation((*one.family, vintage), one.whole, tuple(parts), rest)


def _add_combinations(cells: Cells, records: str) -> None:
    """Persons who selected a race with others: all who selected it less those who selected it alone; at most the multiracial.

    A multiracial person selected two races or more, where all possible selections are rows.
    """
    pairs = []
    for at, members in cells.slices(records, race="all", tabulation=EXCLUSIVE):
        several = members.get(at._replace(race="multiracial"))
        inside = []
        for where, cell in members.items():
            if where.tabulation == COMBINED:
                alone = members.get(where._replace(tabulation=EXCLUSIVE))
                terms = {cell: 1.0} if alone is None else {cell: 1.0, alone: -1.0}
                rest = cells.value(terms)
                inside.append(cells.add(records, where._replace(tabulation=IN_COMBINATION), rest, counts=not math.isnan(rest)))
                cells.equate(terms | {inside[-1]: -1.0}, 0.0, "combinations")
        if inside and several is not None:
            pairs.append((inside, several))
            for cell in inside:
                cells.at_most({cell: 1.0, several: -1.0}, 0.0, "combinations")
    twice = [dict.fromkeys(inside, -1.0) | {several: 2.0} for inside, several in pairs]
    if not any(cells.value(terms) > TOLERANCE for terms in twice):
        for terms in twice:
            cells.at_most(terms, 0.0, "combinations")


def _add_contradictory_sums(cells: Cells, name: str, sums: Iterable[SumEquation]) -> None:
    """Sums whose parts exceed the whole, without a remainder: they are false, and reported."""
    for one in sums:
        cells.equate({one.whole: 1.0} | dict.fromkeys(one.parts, -1.0), 0.0, name)


class PublishedKinds:
    """The published kinds of rows: a missing row means zero only where its kind is published."""

    def __init__(self, published: Collection[CellKey]) -> None:
        self._races = {_race_kind(at) for at in published}
        self._periods = {(at.period_type, at.period_start, at.geography_type) for at in published}

    def has(self, at: CellKey) -> bool:
        """Whether rows of this race, kind of place and stratum are published for this period."""
        return _race_kind(at) in self._races and (at.period_type, at.period_start, at.geography_type) in self._periods


def _race_kind(at: CellKey) -> tuple[str, ...]:
    return at.period_type, at.geography_type, at.race, at.tabulation, at.stratum_type


def period_sums(cells: Cells, records: str, out: PublishedKinds) -> Iterator[SumEquation]:
    """Months sum to quarters, months and quarters to years, years to pooled periods."""
    cells_of_records = cells.by_records[records]
    for where, whole in list(cells_of_records.items()):
        for fine in _FINER.get(where.period_type, ()):
            first, months = where.period_start, MONTHS[fine]
            starts = [_after(first, step) for step in range(0, MONTHS[where.period_type], months)]
            wheres = [where._replace(period_type=fine, period_start=start) for start in starts]
            are_out = [out.has(at) for at in wheres]
            if any(are_out):
                parts = tuple(cells_of_records[at] for at in wheres if at in cells_of_records)
                rest = where._replace(period_type=f"({fine}s of the {where.period_type} that are not published)")
                yield SumEquation((where.period_type, fine, str(all(are_out)), where.geography_type), whole, parts, rest)


def _after(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + year, month=month + 1)
