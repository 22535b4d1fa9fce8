"""Build the counts of persons behind the figures, and the equations between them that any reader can write down.

The equations: known and unknown races add up to all; parts of a geography, period or stratum add up to the total; a denominator
is its numerator and a complement; persons who chose several races are in the alone-or-in-combination counts. See
`suppression_units` for the rows that show each count.

A sum may have a rest that no row shows: races outside the publication plan, records without a geography. Where no sum of a
family has a rest, a reader may assume that there is none. Otherwise each rest is a count that is protected as well.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from warehouse.disclosure.counts import EQUAL, Cell, CountKey, CountSystem, SumConstraint
from warehouse.disclosure.states.planned_figures import Figure

REST = "rest"
SNAPSHOT = "snapshot"
# The number of shorter periods per period. A pooled period is the sum of its years, and of months only through its years.
_PARTS = {
    "quarter": {"month": 3},
    "year": {"month": 12, "quarter": 4},
    "3_year": {"year": 3, "school_year": 3},
    "5_year": {"year": 5, "school_year": 5},
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "school_year": 12}
ALL, EXCLUSIVE, COMBINED = "all", "exclusive", "alone_or_in_combination"
KNOWN, UNKNOWN = "known races", "unknown races"
WHOLE_PLACES = ("city", "county", "state")
_OTHER_KNOWN, _OTHER_UNKNOWN = "known races without a row", "unknown races without a row"
_WITH_OTHERS = "together with others"
_KNOWN_KINDS = ("category", "combination")
_ADDED_UP = (ALL, KNOWN, UNKNOWN, _OTHER_KNOWN, _OTHER_UNKNOWN)


@dataclass(frozen=True)
class PublicReference:
    """Public reference data: kinds of race codes, records that are a subset of others (`universes`), and stocks.

    `stocks`: records of persons of which most are in the next snapshot, too.
    """

    race_kinds: Mapping[str, str]
    universes: Mapping[str, str] = field(default_factory=dict)
    stocks: frozenset[str] = frozenset()


def build_constraints(figures: Iterable[Figure], public: PublicReference) -> CountSystem:
    """All counts behind the figures, with all equations between them."""
    counts = CountSystem()
    known: dict[CountKey, float] = {}
    pairs: dict[tuple[str, str], None] = {}
    for figure in figures:
        _add_reported_counts(counts, figure, public.race_kinds)
        _remember_known_races(known, figure)
        # what a rate counts is not among what it is divided by
        if figure.denominator_records is not None and figure.kind != "rate":
            pairs[figure.numerator_records, figure.denominator_records] = None
    for records, universe in public.universes.items():
        pairs[records, universe] = None
        _add_wholes(counts, records, universe)
    _equate_same_persons(counts, public.universes)
    all_records = list(dict.fromkeys(name.records for name in counts.names))
    for records in all_records:
        _add_race_sums(counts, records, known, public.race_kinds)
        _add_sums(counts, _stratum_sums(counts, records), overlapping=True)
        _add_sums(counts, period_sums(counts, records), overlapping=False)
        _add_place_sums(counts, records)
        _add_race_sums(counts, records, known, public.race_kinds, at_rests=True)
        _add_combinations(counts, records)
    for numerator, denominator in pairs:
        _add_complements(counts, numerator, denominator)
    return counts


def all_races(at: Cell) -> Cell:
    """The cell of all races with the same period, geography and stratum."""
    return at._replace(race=ALL, tabulation=EXCLUSIVE)


def complement_of(denominator: str, numerator: str) -> str:
    """The name of the records that are in the denominator and not in the numerator."""
    return f"{denominator} less {numerator}"


def _add_reported_counts(counts: CountSystem, figure: Figure, kinds: Mapping[str, str]) -> None:
    if figure.kind == "median":
        return
    is_starred = figure.value_status == "suppressed_at_source" and not figure.counts_no_one
    for records, at, number in (
        (figure.numerator_records, figure.at, figure.numerator),
        (figure.denominator_records, denominator_at(figure), figure.denominator),
    ):
        if records is None:
            continue
        counts.require_threshold(records, figure.threshold, hides_zeros=figure.hides_zeros)
        if number is not None or is_starred:
            value = math.nan if number is None else number
            counts.add(CountKey(records, at), value, is_secret=not (_is_unknown(kinds, at.race) and value <= EQUAL))
        elif figure.counts_no_one:
            counts.add_not_collected(CountKey(records, at))


def _is_unknown(kinds: Mapping[str, str], race: str) -> bool:
    """Whether a code leaves the race open. That it has no record describes no person, whatever an agreement declares of zeros."""
    return kinds.get(race, ALL) in ("missing", "combined_legacy")


def denominator_at(figure: Figure) -> Cell:
    """The cell of the denominator: all races for a composition, else the cell of the row."""
    return all_races(figure.at) if figure.kind == "composition" else figure.at


def _equate_same_persons(counts: CountSystem, universes: Mapping[str, str]) -> None:
    """Equate two subsets of a universe, or a subset and its universe, that agree wherever both are counted: the same persons.

    Stops with an answer to one question are the stops with an answer to the next: the form is filled in or not.
    """
    for first, second in itertools.combinations(sorted({*universes, *universes.values()}), 2):
        is_subset = universes.get(first) == second or universes.get(second) == first
        if not is_subset and universes.get(first, first) != universes.get(second, second):
            continue
        both = [(number, other) for at, number in counts.of(first) if (other := counts.get(second, at)) is not None]
        if all(abs(counts.value[one] - counts.value[other]) <= EQUAL for one, other in both):
            for one, other in both:
                counts.add_equation({one: 1.0, other: -1.0})


def _add_wholes(counts: CountSystem, records: str, universe: str) -> None:
    """Add the whole of each place whose universe is counted, where only places inside have the records.

    Districts have suspensions and their county has all removals: those of all districts are among them.
    """
    anywhere = dict.fromkeys(("geography_type", "geography_vintage", "geoid"), "")
    universes = dict(_slices(counts, universe, **anywhere))
    for key, members in list(_slices(counts, records, **anywhere)):
        wholes = [at for at in universes.get(key, {}) if at.geography_type in WHOLE_PLACES]
        if len(wholes) != 1 or any(at.geography_type in WHOLE_PLACES for at in members):
            continue  # names do not show which of them contains a place
        sums: dict[tuple[str, str], list[float]] = defaultdict(list)
        for at, number in members.items():
            sums[at.geography_type, at.geography_vintage].append(counts.value[number])
        whole = max(map(math.fsum, sums.values()))
        if not whole > counts.value[universes[key][wholes[0]]] + EQUAL:  # else places inside reach beyond it
            counts.add(CountKey(records, wholes[0]), whole)


def _remember_known_races(known: dict[CountKey, float], figure: Figure) -> None:
    whole = all_races(figure.at)
    for records, number in (
        (figure.numerator_records, figure.known_numerator),
        (figure.denominator_records, figure.known_denominator),
    ):
        if records is not None and number is not None:
            known.setdefault(CountKey(records, whole), number)


def _add_sums(counts: CountSystem, sums: Iterable[SumConstraint], *, overlapping: bool, of_races: bool = False) -> None:
    """Add the equations of sums. Parts that exceed their total overlap: each is then at most the total, or unconstrained."""
    families: dict[tuple[str, ...], list[tuple[SumConstraint, float]]] = defaultdict(list)
    for one in sums:
        rest = counts.value[one.whole] - math.fsum(counts.value[part] for part in one.parts)
        families[one.family].append((one, rest))
    for members in families.values():
        slack = [EQUAL * max(1.0, abs(counts.value[one.whole])) for one, _ in members]
        if any(rest < -limit for (_, rest), limit in zip(members, slack, strict=True)):
            for one, _ in members if overlapping else ():
                for part in one.parts:
                    counts.add_equation({part: 1.0, one.whole: -1.0}, at_most=True)
            continue
        # a whole that its source suppresses may contain places without a row
        has_rests = any(
            rest > limit or (not of_races and math.isnan(counts.value[one.whole]))
            for (one, rest), limit in zip(members, slack, strict=True)
        )
        for one, rest in members:
            terms = {one.whole: 1.0, **dict.fromkeys(one.parts, -1.0)}
            if has_rests:
                if all(number in counts.not_collected for number in (one.whole, *one.parts)):
                    counts.add_not_collected(one.rest)
                value = rest if math.isnan(rest) else max(rest, 0.0)
                # that no place, year or stratum is left out describes no person; that a group is empty may do
                is_secret = not value <= EQUAL or one.rest.at.race == _OTHER_KNOWN
                terms[counts.add(one.rest, value, is_secret=is_secret)] = -1.0
            counts.add_equation(terms)


def _slices(counts: CountSystem, records: str, **same: str) -> Iterator[tuple[Cell, dict[Cell, int]]]:
    """Groups of counts that differ only in the fields named, by the cell that they share."""
    groups: dict[Cell, dict[Cell, int]] = {}
    for at, number in counts.of(records):
        groups.setdefault(at._replace(**same), {})[at] = number  # type: ignore[arg-type]
    return iter(groups.items())


def _add_race_sums(
    counts: CountSystem, records: str, known: Mapping[CountKey, float], kinds: Mapping[str, str], *, at_rests: bool = False
) -> None:
    sums = []
    slices = list(_slices(counts, records, race=ALL))
    codes_of: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for whole_at, members in slices:
        collected = {at.race for at, number in members.items() if at.race in kinds and number not in counts.not_collected}
        codes_of[_kind_of_slice(whole_at)] |= collected - {ALL}
    # persons of unknown race for whom no row has a code: a place whose rows are hidden may have some too
    has_unlisted = any(
        counts.value[members[at]]
        - math.fsum(counts.value[n] for other, n in members.items() if other.race in kinds and other != at)
        > EQUAL
        for at, members in slices
        if at in members and at.tabulation == EXCLUSIVE and len(members) > 1
    )
    for whole_at, published in slices:
        is_rest = whole_at.geoid.endswith(REST)
        if whole_at.tabulation != EXCLUSIVE or whole_at not in published or is_rest != at_rests:
            continue
        whole = published[whole_at]
        members = published
        if len(published) == 1 and math.isnan(counts.value[whole]):
            # a place whose source hides all of its rows has no row by race, but persons of each (ADR 45)
            hidden = [whole_at._replace(race=race) for race in sorted(codes_of[_kind_of_slice(whole_at)])]
            members = published | {at: counts.add(CountKey(records, at), math.nan) for at in hidden}
        if len(members) == 1:
            continue
        codes = {at.race: number for at, number in members.items() if at.race in kinds and at.race != ALL}
        known_parts = tuple(number for race, number in codes.items() if kinds[race] in _KNOWN_KINDS)
        unknown_parts = tuple(number for race, number in codes.items() if kinds[race] not in _KNOWN_KINDS)
        known_sum = math.fsum(counts.value[number] for number in known_parts)
        # next to a suppressed part their sum is unknown
        among = known_sum if math.isnan(known_sum) else known.get(CountKey(records, whole_at), known_sum)
        of_known = counts.add(CountKey(records, whole_at._replace(race=KNOWN)), among, is_secret=False)
        left = counts.value[whole] - counts.value[of_known]
        if math.isnan(left) and not unknown_parts and not has_unlisted:
            left = 0.0
        name = CountKey(records, whole_at._replace(race=UNKNOWN))
        of_unknown = counts.add(name, left, is_secret=not abs(left) <= EQUAL)
        counts.add_equation({whole: 1.0, of_known: -1.0, of_unknown: -1.0})
        for race, total, parts, other in (
            (KNOWN, of_known, known_parts, _OTHER_KNOWN),
            (UNKNOWN, of_unknown, unknown_parts, _OTHER_UNKNOWN),
        ):
            rest = CountKey(records, whole_at._replace(race=other))
            sums.append(SumConstraint((*_kind_of_slice(whole_at), race), total, parts, rest))
    _add_sums(counts, sums, overlapping=False, of_races=True)


def _kind_of_slice(at: Cell) -> tuple[str, str, str]:
    return at.period_type, at.geography_type, at.stratum_type


def _stratum_sums(counts: CountSystem, records: str) -> Iterator[SumConstraint]:
    """Sums of strata to all; strata with code `a/b` add up to stratum `a` of another type."""
    for whole_at, members in _slices(counts, records, stratum_type=ALL, stratum_code=ALL):
        by_code = {at.stratum_code: at for at in members if at.stratum_type != ALL}
        parts: dict[tuple[str, str, int], list[int]] = defaultdict(list)
        for code, at in by_code.items():
            above = code.rpartition("/")[0]
            if above in by_code and by_code[above].stratum_type != at.stratum_type:
                parts[at.stratum_type, f"{above}/", members[by_code[above]]].append(members[at])
            elif whole_at in members:
                parts[at.stratum_type, "", members[whole_at]].append(members[at])
        for (stratum_type, path, whole), found in parts.items():
            rest = CountKey(records, whole_at._replace(stratum_type=stratum_type, stratum_code=f"{path}{REST}"))
            yield SumConstraint((stratum_type, "in a stratum" if path else ALL), whole, tuple(found), rest)


def _add_place_sums(counts: CountSystem, records: str) -> None:
    """Add sums of geographies to the jurisdiction or, where their codes contain it (`DISTRICT/SCHOOL`), to a parent geography."""
    cells = dict(counts.of(records))
    out = PublishedKinds(cells)
    geoids: dict[str, set[str]] = defaultdict(set)
    for at in cells:
        geoids[at.geography_type].add(at.geoid)
    for kind in sorted(set(geoids) - set(WHOLE_PLACES)):
        ahead = {geoid.rpartition("/")[0] for geoid in geoids[kind]} - {""}
        above = next((other for other in sorted(geoids) if other != kind and ahead & geoids[other]), None)
        sums = []
        for _, members in _slices(counts, records, geography_type="", geography_vintage="", geoid=""):
            wholes = [at for at in members if (at.geography_type == above if above else at.geography_type in WHOLE_PLACES)]
            if len(wholes) > 1 and above is None:
                continue
            for whole_at in wholes:
                rest_at = whole_at._replace(geography_type=kind, geography_vintage="", geoid=f"{whole_at.geoid}/{REST}")
                if out.has(rest_at):
                    parts = [
                        number
                        for at, number in members.items()
                        if at.geography_type == kind and (above is None or at.geoid.rpartition("/")[0] == whole_at.geoid)
                    ]
                    family = (kind, whole_at.period_type)
                    # A race that no place has in this period is in no rest either: it is enclosed in other periods only.
                    if parts:
                        sums.append(SumConstraint(family, members[whole_at], tuple(parts), CountKey(records, rest_at)))
        _add_sums(counts, sums, overlapping=False)


def _add_complements(counts: CountSystem, numerator: str, denominator: str) -> None:
    """Add the complement of each numerator in its denominator; of a composition, the persons of other races."""
    threshold = max(counts.thresholds[numerator], counts.thresholds[denominator])
    hides_zeros = not counts.hides_zeros.isdisjoint((numerator, denominator))
    counts.require_threshold(complement_of(denominator, numerator), threshold, hides_zeros=hides_zeros)
    for at, number in counts.of(numerator):
        is_composition = numerator == denominator
        if is_composition and (at.race in _ADDED_UP or at.tabulation == _WITH_OTHERS):
            continue
        whole = counts.get(denominator, all_races(at) if is_composition else at)
        if whole is not None:
            value = counts.value[whole] - counts.value[number]
            is_secret = at.race != KNOWN and bool(counts.threshold(number) or counts.threshold(whole))
            rest = counts.add(CountKey(complement_of(denominator, numerator), at), value, is_secret=is_secret)
            counts.add_equation({number: 1.0, rest: 1.0, whole: -1.0})


def _add_combinations(counts: CountSystem, records: str) -> None:
    """Add the persons who chose a race with others: those in combination less those alone.

    They are at most the multiracial persons of the cell, who each chose at least two races.
    """
    several_of: list[tuple[int, list[int]]] = []
    for whole_at, members in _slices(counts, records, race=ALL, tabulation=EXCLUSIVE):
        several = members.get(whole_at._replace(race="multiracial"))
        with_others = []
        for at, number in members.items():
            if at.tabulation == COMBINED:
                alone = members.get(at._replace(tabulation=EXCLUSIVE))
                value = counts.value[number] - (0.0 if alone is None else counts.value[alone])
                name = CountKey(records, at._replace(tabulation=_WITH_OTHERS))
                more = counts.add(name, value, is_secret=not math.isnan(value))
                counts.add_equation({number: 1.0, more: -1.0, **({} if alone is None else {alone: -1.0})})
                with_others.append(more)
        if several is not None and with_others:
            several_of.append((several, with_others))
            for more in with_others:
                if counts.value[more] <= counts.value[several] + EQUAL:
                    counts.add_equation({more: 1.0, several: -1.0}, at_most=True)
    if all(
        math.fsum(counts.value[more] for more in with_others) >= 2 * counts.value[several] - EQUAL
        for several, with_others in several_of
    ):
        for several, with_others in several_of:
            counts.add_equation({several: 2.0, **dict.fromkeys(with_others, -1.0)}, at_most=True)


class PublishedKinds:
    """The kinds of counts that are published: a missing count is zero only where its kind is published."""

    def __init__(self, ats: Iterable[Cell]) -> None:
        self._kinds, self._periods = set(), set()
        for at in ats:
            self._kinds.add((at.period_type, at.geography_type, at.race, at.tabulation, at.stratum_type))
            self._periods.add((at.period_type, at.period_start, at.geography_type))

    def has(self, at: Cell) -> bool:
        """Whether counts of this race, geography type and stratum are published for this period."""
        kind = (at.period_type, at.geography_type, at.race, at.tabulation, at.stratum_type)
        return kind in self._kinds and (at.period_type, at.period_start, at.geography_type) in self._periods


def period_sums(counts: CountSystem, records: str) -> Iterator[SumConstraint]:
    """Each count of a longer period as the sum of its shorter periods, per type of shorter period that is published."""
    cells = dict(counts.of(records))
    out = PublishedKinds(cells)
    for at, whole in cells.items():
        for fine, number in _PARTS.get(at.period_type, {}).items():
            parts_at = [at._replace(period_type=fine, period_start=start) for start in _starts(at.period_start, fine, number)]
            are_out = [out.has(part) for part in parts_at]
            if any(are_out):
                parts = tuple(cells[part] for part in parts_at if part in cells)
                rest = CountKey(records, at._replace(period_type=f"{fine} {REST}"))
                yield SumConstraint((at.period_type, fine, str(all(are_out)), at.geography_type), whole, parts, rest)


def years(period_type: str, first: dt.date) -> range:
    """The years in which a period begins: one, or those of a pooled period."""
    return range(first.year, first.year + max(_PARTS.get(period_type, {}).get("school_year", 1), 1))


def _starts(first: dt.date, fine: str, number: int) -> list[dt.date]:
    months = [first.month - 1 + _MONTHS[fine] * step for step in range(number)]
    return [first.replace(year=first.year + month // 12, month=month % 12 + 1) for month in months]
