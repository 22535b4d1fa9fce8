"""Measure what a reader could compute if only small counts were hidden.

    python -m tests.bench.disclosure HOME [--intervals N]

The command hides each row of the current release that counts few persons (1 to 10, also in its complement or denominator), and
the rows that compare with it, nothing else, and audits the result. It prints per kind of records how many sensitive counts a
reader could place within fewer persons than the threshold, how many of them exactly, and the time. It writes nothing.
`--intervals` prints intervals themselves: figures of few persons, only for people who may read the analyst file.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection

from expectations.disclosure.audit import Leak, run_audit
from expectations.disclosure.equations.attacker_model import AttackerModel, build_attacker_model
from expectations.disclosure.inputs.audit_inputs import FIGURES, Relations
from expectations.disclosure.inputs.reader import AuditReader
from orchestration.settings import DBT_PROJECT
from warehouse.connection import attach, scratch
from warehouse.paths import Home
from warehouse.sql import literal

PLACES = Relations(published="alone.published", reference="alone.reference")
RECORDS = DBT_PROJECT / "seeds" / "reference" / "publication_records.csv"
# A row is hidden for its own count, its complement or its denominator; and with it the rows that compare with it.
PRIMARY = """
create schema alone.published;
create schema alone.reference;
create table alone.reference.publication_records as select * from read_csv({records}, all_varchar = true);
create table alone.reference.publication_rules as select * from read_csv({rules});
create table alone.published.rows as
select
    facts.*,
    greatest(sources.suppress_below, (select value from alone.reference.publication_rules where source is null)) as threshold,
    measures.kind,
    coalesce(facts.numerator > 0 and facts.numerator < threshold, false)
    or coalesce(kind in ('proportion', 'composition') and facts.denominator > facts.numerator
        and facts.denominator - facts.numerator < threshold, false)
    or coalesce(kind = 'proportion' and facts.denominator > 0 and facts.denominator < threshold, false)
    or facts.value_status = 'suppressed_at_source' as is_hidden
from release.marts.fct_equity_measures as facts
inner join release.marts.dim_measure as measures using (measure_id, measure_version)
inner join release.marts.dim_source as sources on measures.source = sources.source
where
    (measures.statistical_unit in ('person', 'household') or sources.statistical_unit in ('person', 'household')
        or sources.classification = 'confidential')
    and facts.method <> 'place_weighted' and {planned};
create table alone.published.equity_measures as
select
    rows.* exclude (threshold, kind, is_hidden, {figures}, reliability, reference_code, ci_method, status_reason),
    {kept},
    case when rows.is_hidden then null else rows.reliability end as reliability,
    case when not rows.is_hidden and reference.is_hidden is not true then rows.reference_code end as reference_code,
    case when not rows.is_hidden then rows.ci_method end as ci_method,
    case when rows.is_hidden then 'suppressed' when reference.is_hidden then 'reference_hidden' else rows.status_reason end
        as status_reason,
    case when rows.is_hidden then 'suppressed' else 'published' end as publication_status
from alone.published.rows as rows
left join alone.published.rows as reference
    on rows.reference_code = reference.race_ethnicity_code and {same};
"""
SLICE = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
BANDS = ((0, 1e-6, "exactly"), (1e-6, 5, "within 5"), (5, np.inf, "within the threshold"))


def main() -> None:
    """Audit the current release of a home as if only small counts were hidden."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--intervals", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, scratch(Path(folder)) as connection:
        attach(connection, Home(chosen.home).published_analyst, "release", read_only=True)
        attach(connection, Path(folder) / "alone.duckdb", "alone")
        planned = "true"
        public = Home(chosen.home).published_public
        attach(connection, public, "public", read_only=True)
        if _has(connection, "public", "published", "equity_measures"):
            same = (
                f"{_same('figure_equations', 'planned')} and figure_equations.race_ethnicity_code = planned.race_ethnicity_code"
            )
            planned = f"exists (select 1 from public.published.equity_measures as planned where {same})"
        connection.execute(_primary(planned))
        began, used = time.perf_counter(), _cpu()
        knowledge = _known(connection)
        gathered = time.perf_counter()
        found = run_audit(knowledge)
        ended, spent = time.perf_counter(), _cpu()
    _report(knowledge, found.leaks)
    print(f"\n{len(found.contradictions)} contradictions, {len(found.fractions)} fractions of hidden counts")
    print(f"gathered in {gathered - began:.1f} s, attacked in {ended - gathered:.1f} s; {spent - used:.1f} s of processor")
    for leak in found.leaks[: chosen.intervals]:
        at = leak.where
        where = f"{at.period_type} {at.period_start} {at.geoid} {at.race} {at.stratum_code}"
        print(f"{leak.records} {where}: [{leak.low:.4g}, {leak.high:.4g}]")


def _primary(planned: str) -> str:
    of_reference = ("reference_value", "rate_ratio", "rate_difference")
    out = {name: "reference.is_hidden is not true" if name.startswith(of_reference) else "true" for name in FIGURES}
    kept = [f"case when not rows.is_hidden and {condition} then rows.{name} end as {name}" for name, condition in out.items()]
    return PRIMARY.format(
        records=literal(str(RECORDS)),
        rules=literal(str(RECORDS.with_name("publication_rules.csv"))),
        planned=planned,
        figures=", ".join(FIGURES),
        kept=",\n    ".join(kept),
        same=_same("rows", "reference"),
    )


def _same(left: str, right: str) -> str:
    return " and ".join(f"{left}.{name} = {right}.{name}" for name in SLICE)


def _has(connection: DuckDBPyConnection, *name: str) -> bool:
    query = "select count(*) from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ?"
    row = connection.execute(query, list(name)).fetchone()
    return bool(row and row[0])


def _known(con: DuckDBPyConnection) -> AttackerModel:
    inputs = AuditReader(con, PLACES)
    return build_attacker_model(inputs.published(), inputs.rows(f"{PLACES.marts}.fct_equity_measures"))


def _report(knowledge: AttackerModel, leaks: tuple[Leak, ...]) -> None:
    cells = knowledge.cells
    sensitive: dict[str, int] = defaultdict(int)
    for cell, name in enumerate(cells.names):
        if name is not None and cells.is_sensitive(cell):
            sensitive[name[0]] += 1
    widths: dict[str, list[float]] = defaultdict(list)
    for leak in leaks:
        widths[leak.records].append(leak.high - leak.low)
    print(f"{'records':60} {'sensitive':>9} {'known':>6} " + " ".join(f"{name:>20}" for _, _, name in BANDS))
    for records in sorted(sensitive):
        found = np.array(widths.get(records, []))
        bands = [int(((found >= low) & (found < high)).sum()) if len(found) else 0 for low, high, _ in BANDS]
        print(f"{records:60} {sensitive[records]:9} {len(found):6} " + " ".join(f"{count:20}" for count in bands))
    total = sum(sensitive.values())
    exact = sum(int(leak.high - leak.low < 1e-6) for leak in leaks)
    share = 100 / max(total, 1)
    print(f"{'all':60} {total:9} {len(leaks):6}  ({share * len(leaks):.1f} % known too closely, {share * exact:.1f} % exactly)")


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
