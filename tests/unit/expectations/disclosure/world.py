"""A small city in counts, and the rows that the marts and the public file would have of it.

Here: true rows with every figure that follows from counts, and the public file made of them by hiding what a test chooses. Each
test chooses which rows are hidden.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from expectations.disclosure.audit import AuditResult, run_audit
from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, CellKey, Index, Published, Row

CITY = "5553000"
KINDS = {
    "all": "total", "aian": "category", "asian": "category", "black": "category", "hispanic": "category", "white": "category",
    "multiracial": "combination", "asian_or_nhpi": "combined_legacy", "declined": "missing", "observer_unknown": "missing",
}  # fmt: skip
KNOWN = ("category", "combination")
Counts = Mapping[str, tuple[float, float]]


def measure(kind: str = "proportion", measure_id: str = "searched", **also: object) -> AuditedMeasure:
    """A confidential measure with a threshold of 11."""
    records = {"proportion": f"{measure_id}.denominator", "composition": f"{measure_id}.numerator"}.get(kind)
    audited = AuditedMeasure(
        measure_id, 1, kind, "count" if kind == "count" else "percent", 20.0, 11, False, None, None,
        f"{measure_id}.numerator", records, f"{measure_id}.records",
    )  # fmt: skip
    return replace(audited, **also)


def where(race: str = "all", **also: object) -> CellKey:
    """A row's place in the table: the whole city in 2025, of a race."""
    at = CellKey("year", dt.date(2025, 1, 1), "city", "current", CITY, "spd15_1997", race, "exclusive", "all", "all")
    return at._replace(**also)


def district(number: int | str, race: str = "all", vintage: str = "2022", **also: object) -> CellKey:
    """A row's place in the table: a district."""
    return where(race, geography_type="aldermanic_district", geography_vintage=vintage, geoid=str(number), **also)


def month(number: int, race: str = "all", **also: object) -> CellKey:
    """A row's place in the table: the whole city in a month of 2025."""
    return where(race, period_type="month", period_start=dt.date(2025, number, 1), **also)


def quarter(number: int, race: str = "all", **also: object) -> CellKey:
    """A row's place in the table: the whole city in a quarter of 2025."""
    return where(race, period_type="quarter", period_start=dt.date(2025, 3 * number - 2, 1), **also)


def snapshot(quarter_of_2025: int, race: str = "all", **also: object) -> CellKey:
    """A row's place in the table: the whole city on the last day of a quarter of 2025."""
    last = dt.date(2025, 3 * quarter_of_2025, 30)
    return where(race, period_type="snapshot", period_start=last, **also)


def slice_rows(
    of: AuditedMeasure,
    at: CellKey,
    counts: Counts,
    *,
    reference: str | None = None,
    placed: float | None = None,
    method: str = "individual",
) -> list[Row]:
    """The true rows of one slice: each race with (numerator, denominator); `all` is their sum unless it is given.

    Of a composition or a count the denominators given are left aside. `reference`: the group compared with, or `rest`.
    """
    counts = dict(counts)
    several = at.tabulation == "alone_or_in_combination"
    if "all" not in counts and not several:
        counts["all"] = tuple(map(sum, zip(*counts.values(), strict=True)))
    if of.kind == "composition":
        counts = {race: (x, counts["all"][0]) for race, (x, _) in counts.items()}
    known_race = [pair for race, pair in counts.items() if KINDS[race] in KNOWN]
    base = 1 if of.kind == "proportion" else 0
    share = None
    if "all" in counts and counts["all"][base]:
        share = 100 * sum(pair[base] for pair in known_race) / counts["all"][base]
    rows = []
    for race, (x, n) in counts.items():
        figures = {"numerator": float(x)}
        words = {"value_status": "computed", "reliability": "reliable" if x >= 20 and (share or 0) >= 90 else "use_with_caution"}
        if of.has_denominator:
            figures["denominator"] = float(n)
        if of.has_denominator and n:
            figures |= {"value": of.factor * x / n, "ci_low": of.factor * x / n * 0.9, "ci_high": of.factor * x / n * 1.1}
            words["ci_method"] = "wilson"
            if KINDS[race] in KNOWN and "all" in counts:
                unknown = [counts["all"][at] - sum(pair[at] for pair in known_race) for at in (0, 1)]
                if of.kind != "proportion":
                    unknown[1] = unknown[0]
                low = x / (n + unknown[1] - unknown[0]) if of.kind == "proportion" else x / n
                high = (x + unknown[0]) / (n + unknown[0]) if of.kind == "proportion" else (x + unknown[0]) / n
                figures |= {"bound_low": of.factor * low, "bound_high": of.factor * high}
        elif of.kind == "count":
            figures["value"] = float(x)
        if share is not None:
            figures["known_race_pct"] = share
        if placed is not None:
            figures["geocoded_pct"] = placed
        if reference is not None and KINDS[race] in KNOWN and race != reference and n:
            rest = tuple(sum(pair[at] for pair in known_race) - counts[race][at] for at in (0, 1))
            other = rest if reference == "rest" else counts[reference]
            if other[1] and other[0]:
                compared = of.factor * other[0] / other[1]
                figures |= {
                    "reference_value": compared,
                    "rate_ratio": figures["value"] / compared,
                    "rate_difference": figures["value"] - compared,
                }
            words |= {"reference_code": reference, "reference_rule": "rest" if reference == "rest" else "best"}
        rows.append(Row(of, at._replace(race=race), method, CITY, None, figures, words))
    return rows


def publish(
    rows: Iterable[Row],
    hidden: Iterable[CellKey] = (),
    *,
    unknown_hidden: Iterable[CellKey] = (),
    also: Callable[[Row], Row] | None = None,
) -> tuple[Row, ...]:
    """The rows as the public file has them: those at `hidden` without figures, and none that uses one of them as reference.

    `unknown_hidden`: slices (race `all`) whose known shares and bounds are left empty. `also`: what a test does to each row
    besides.
    """
    hidden, unknown_hidden = set(hidden), {at._replace(tabulation="exclusive") for at in unknown_hidden}
    result = []
    for row in rows:
        slim = row.where._replace(race="all", tabulation="exclusive")
        out = row._replace(status="published")
        if row.where in hidden:
            public = {"denominator"} if row.measure.denominator is None else set()
            public_figures = {name: row.figures[name] for name in public & set(row.figures)}
            out = row._replace(
                status="suppressed", figures=public_figures, words={"value_status": "computed", "status_reason": "suppressed"}
            )
        else:
            code = row.words.get("reference_code")
            hidden_figures = set()
            if code is not None and row.where._replace(race=code) in hidden:
                hidden_figures |= {"reference_value", "rate_ratio", "rate_difference"}
            if slim in unknown_hidden:
                hidden_figures |= {"known_race_pct", "bound_low", "bound_high"}
            words = {
                name: word
                for name, word in row.words.items()
                if not (name == "reference_code" and "rate_ratio" in hidden_figures)
            }
            out = out._replace(
                figures={name: figure for name, figure in row.figures.items() if name not in hidden_figures}, words=words
            )
        result.append(also(out) if also else out)
    return tuple(result)


def attack(
    published: Iterable[Row],
    truth: Iterable[Row],
    *,
    ledger: Iterable[Row] = (),
    indices: Iterable[Index] = (),
    subsets: Iterable[tuple[str, str]] = (),
    populations: Mapping[tuple[str, ...], float] | None = None,
    stocks: Iterable[str] = (),
) -> AuditResult:
    """What the attack finds in a public file."""
    out = published_rows(published, ledger=ledger, indices=indices, subsets=subsets, populations=populations, stocks=stocks)
    return run_audit(build_attacker_model(out, truth))


def published_rows(
    rows: Iterable[Row],
    *,
    ledger: Iterable[Row] = (),
    indices: Iterable[Index] = (),
    subsets: Iterable[tuple[str, str]] = (),
    populations: Mapping[tuple[str, ...], float] | None = None,
    stocks: Iterable[str] = (),
) -> Published:
    """What a reader of the public file has. `stocks`: records of persons who stay from one snapshot to the next."""
    rows, ledger = tuple(rows), tuple(ledger)
    measures = tuple(dict.fromkeys(row.measure for row in (*rows, *ledger)))
    return Published(measures, rows, ledger, KINDS, tuple(subsets), tuple(indices), (), populations or {}, frozenset(stocks))


def leaking(result: AuditResult) -> set[tuple[str, CellKey]]:
    """The cells that leak, without their numbers."""
    return {(leak.records, leak.where) for leak in result.leaks}


def leaked_bounds(result: AuditResult, *, before: bool = False) -> list[tuple[str, float, float]]:
    """The races that leak and within what, rounded."""
    leaks = result.leaked_before if before else result.leaks
    return [(leak.where.race, round(leak.low, 6), round(leak.high, 6)) for leak in leaks]
