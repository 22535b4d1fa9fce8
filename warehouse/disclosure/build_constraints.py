"""Which counts of persons there are behind the figures, and what adds up to what.

Here: everything that a reader can add and subtract without being told how: known and unknown races to all, parts of a place, a
period or a stratum to the whole, who is in a denominator and not in the numerator, who chose several races. Not here: which row
shows which count (`units`), what is hidden (`choice`).

Of a sum there may be a rest that no row shows: races that the plan leaves out, records that no map places. Where no sum of a
family has a rest, a reader may take it that there is none; else each rest is a count of its own, to be protected as well.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from warehouse.disclosure.counts import EQUAL, At, Count, Counts, Sum
from warehouse.disclosure.period_sums import REST, Out, period_sums
from warehouse.disclosure.planned_figures import Figure

ALL, EXCLUSIVE, COMBINED = "all", "exclusive", "alone_or_in_combination"
KNOWN, UNKNOWN = "known races", "unknown races"
WHOLE_PLACES = ("city", "county", "state")
_OTHER_KNOWN, _OTHER_UNKNOWN = "known races without a row", "unknown races without a row"
_WITH_OTHERS = "together with others"
_KNOWN_KINDS = ("category", "combination")
_ADDED_UP = (ALL, KNOWN, UNKNOWN, _OTHER_KNOWN, _OTHER_UNKNOWN)


@dataclass(frozen=True)
class Public:
    """What is public of the words: kinds of race codes, which records are known to be among which others, and stocks.

    `stocks`: records of persons who stay from one snapshot to the next.
    """

    race_kinds: Mapping[str, str]
    universes: Mapping[str, str] = field(default_factory=dict)
    stocks: frozenset[str] = frozenset()


def count_up(figures: Iterable[Figure], public: Public) -> Counts:
    """All counts behind the figures, with all equations between them."""
    counts = Counts()
    known: dict[Count, float] = {}
    pairs: dict[tuple[str, str], None] = {}
    for figure in figures:
        _own_counts(counts, figure)
        _note_known(known, figure)
        if figure.denominator_records is not None:
            pairs[figure.numerator_records, figure.denominator_records] = None
    for records, universe in public.universes.items():
        pairs[records, universe] = None
    _same_persons(counts, public.universes)
    all_records = list(dict.fromkeys(name.records for name in counts.names))
    for records in all_records:
        _races(counts, records, known, public.race_kinds)
        _add(counts, _strata(counts, records), overlapping=True)
        _add(counts, period_sums(counts, records), overlapping=False)
        _places(counts, records)
        _races(counts, records, known, public.race_kinds, at_rests=True)
        _combinations(counts, records)
    for numerator, denominator in pairs:
        _complements(counts, numerator, denominator)
    return counts


def everybody(at: At) -> At:
    """The same persons and all others there, of whatever race."""
    return at._replace(race=ALL, tabulation=EXCLUSIVE)


def others(denominator: str, numerator: str) -> str:
    """The records of those in the denominator who are not in the numerator."""
    return f"{denominator} less {numerator}"


def _own_counts(counts: Counts, figure: Figure) -> None:
    if figure.kind == "median":
        return
    instead = {"not_collected": 0.0, "suppressed_at_source": math.nan}.get(figure.value_status)
    for records, at, number in (
        (figure.numerator_records, figure.at, figure.numerator),
        (figure.denominator_records, denominator_at(figure), figure.denominator),
    ):
        value = instead if number is None else number
        if records is not None and value is not None:
            counts.agree(records, figure.threshold, hides_zeros=figure.hides_zeros)
            counts.add(Count(records, at), value)


def denominator_at(figure: Figure) -> At:
    """Of which persons the denominator counts: of a composition, all."""
    return everybody(figure.at) if figure.kind == "composition" else figure.at


def _same_persons(counts: Counts, universes: Mapping[str, str]) -> None:
    """Two records among the same others that agree wherever both are counted are taken to be the same persons.

    Stops with an answer to one question are those with an answer to the next: one form, filled in or not.
    """
    for first, second in itertools.combinations(sorted(universes), 2):
        if universes[first] != universes[second]:
            continue
        both = [(number, other) for at, number in counts.of(first) if (other := counts.get(second, at)) is not None]
        if all(abs(counts.value[one] - counts.value[other]) <= EQUAL for one, other in both):
            for one, other in both:
                counts.equate({one: 1.0, other: -1.0})


def _note_known(known: dict[Count, float], figure: Figure) -> None:
    whole = everybody(figure.at)
    for records, number in (
        (figure.numerator_records, figure.known_numerator),
        (figure.denominator_records, figure.known_denominator),
    ):
        if records is not None and number is not None:
            known.setdefault(Count(records, whole), number)


def _add(counts: Counts, sums: Iterable[Sum], *, overlapping: bool) -> None:
    """The equations of sums. Where parts come to more than a whole they overlap: each is then at most the whole, or nothing."""
    families: dict[tuple[str, ...], list[tuple[Sum, float]]] = defaultdict(list)
    for one in sums:
        rest = counts.value[one.whole] - math.fsum(counts.value[part] for part in one.parts)
        families[one.family].append((one, rest))
    for members in families.values():
        slack = [EQUAL * max(1.0, abs(counts.value[one.whole])) for one, _ in members]
        if any(rest < -limit for (_, rest), limit in zip(members, slack, strict=True)):
            for one, _ in members if overlapping else ():
                for part in one.parts:
                    counts.equate({part: 1.0, one.whole: -1.0}, at_most=True)
            continue
        has_rests = any(not rest <= limit for (_, rest), limit in zip(members, slack, strict=True))
        for one, rest in members:
            terms = {one.whole: 1.0, **dict.fromkeys(one.parts, -1.0)}
            if has_rests:
                value = rest if math.isnan(rest) else max(rest, 0.0)
                terms[counts.add(one.rest, value)] = -1.0
            counts.equate(terms)


def _slices(counts: Counts, records: str, **same: str) -> Iterator[tuple[At, dict[At, int]]]:
    """Counts that differ only in the fields named, under what they share."""
    groups: dict[At, dict[At, int]] = {}
    for at, number in counts.of(records):
        groups.setdefault(at._replace(**same), {})[at] = number  # type: ignore[arg-type]
    return iter(groups.items())


def _races(
    counts: Counts, records: str, known: Mapping[Count, float], kinds: Mapping[str, str], *, at_rests: bool = False
) -> None:
    sums = []
    for whole_at, members in _slices(counts, records, race=ALL):
        is_rest = whole_at.geoid.endswith(REST)
        if whole_at.tabulation != EXCLUSIVE or whole_at not in members or len(members) == 1 or is_rest != at_rests:
            continue
        whole = members[whole_at]
        codes = {at.race: number for at, number in members.items() if at.race in kinds and at.race != ALL}
        told = tuple(number for race, number in codes.items() if kinds[race] in _KNOWN_KINDS)
        untold = tuple(number for race, number in codes.items() if kinds[race] not in _KNOWN_KINDS)
        there = math.fsum(counts.value[number] for number in told)
        among = known.get(Count(records, whole_at), there)
        of_known = counts.add(Count(records, whole_at._replace(race=KNOWN)), among, is_secret=False)
        left = counts.value[whole] - counts.value[of_known]
        of_unknown = counts.add(Count(records, whole_at._replace(race=UNKNOWN)), left)
        counts.equate({whole: 1.0, of_known: -1.0, of_unknown: -1.0})
        family = (whole_at.period_type, whole_at.geography_type, whole_at.stratum_type)
        sums.append(Sum((*family, KNOWN), of_known, told, Count(records, whole_at._replace(race=_OTHER_KNOWN))))
        sums.append(Sum((*family, UNKNOWN), of_unknown, untold, Count(records, whole_at._replace(race=_OTHER_UNKNOWN))))
    _add(counts, sums, overlapping=False)


def _strata(counts: Counts, records: str) -> Iterator[Sum]:
    """Strata add up to all; those whose code is `a/b` to stratum `a` of another type."""
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
            rest = Count(records, whole_at._replace(stratum_type=stratum_type, stratum_code=f"{path}{REST}"))
            yield Sum((stratum_type, "in a stratum" if path else ALL), whole, tuple(found), rest)


def _places(counts: Counts, records: str) -> None:
    """Places of a kind add up to the jurisdiction or, where their codes say so (`DISTRICT/SCHOOL`), to one of another kind."""
    there = dict(counts.of(records))
    out = Out(there)
    geoids: dict[str, set[str]] = defaultdict(set)
    for at in there:
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
                    sums.append(Sum(family, members[whole_at], tuple(parts), Count(records, rest_at)))
        _add(counts, sums, overlapping=False)


def _complements(counts: Counts, numerator: str, denominator: str) -> None:
    """Who is in the denominator and not in the numerator; of a composition, who is of another race."""
    threshold = max(counts.threshold_of(numerator), counts.threshold_of(denominator))
    hides_zeros = counts.hides_zero(numerator) or counts.hides_zero(denominator)
    counts.agree(others(denominator, numerator), threshold, hides_zeros=hides_zeros)
    for at, number in counts.of(numerator):
        if numerator == denominator:
            if at.race in _ADDED_UP or at.tabulation == _WITH_OTHERS:
                continue
            whole = counts.get(denominator, everybody(at))
        else:
            whole = counts.get(denominator, at)
        if whole is not None:
            value = counts.value[whole] - counts.value[number]
            rest = counts.add(Count(others(denominator, numerator), at), value, is_secret=at.race != KNOWN)
            counts.equate({number: 1.0, rest: 1.0, whole: -1.0})


def _combinations(counts: Counts, records: str) -> None:
    """Who chose a race with others: who chose it, less who chose it alone; at most the multiracial, who chose two at least."""
    several_of: list[tuple[int, list[int]]] = []
    for whole_at, members in _slices(counts, records, race=ALL, tabulation=EXCLUSIVE):
        several = members.get(whole_at._replace(race="multiracial"))
        with_others = []
        for at, number in members.items():
            if at.tabulation == COMBINED:
                alone = members.get(at._replace(tabulation=EXCLUSIVE))
                value = counts.value[number] - (0.0 if alone is None else counts.value[alone])
                name = Count(records, at._replace(tabulation=_WITH_OTHERS))
                more = counts.add(name, value, is_secret=not math.isnan(value))
                counts.equate({number: 1.0, more: -1.0, **({} if alone is None else {alone: -1.0})})
                with_others.append(more)
        if several is not None and with_others:
            several_of.append((several, with_others))
            for more in with_others:
                if counts.value[more] <= counts.value[several] + EQUAL:
                    counts.equate({more: 1.0, several: -1.0}, at_most=True)
    if all(
        math.fsum(counts.value[more] for more in with_others) >= 2 * counts.value[several] - EQUAL
        for several, with_others in several_of
    ):
        for several, with_others in several_of:
            counts.equate({several: 2.0, **dict.fromkeys(with_others, -1.0)}, at_most=True)
