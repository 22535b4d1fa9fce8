"""Decide whether a run has anything to ingest, before it opens, and to build; end it if it has nothing to build.

A night without new files need not start a step per source. Its stages still decide whether there is something to build, so it
ends like a run that has read every file again. `next_build_at` is the next time at which a run has something to build anyway. A
first release without facts is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingest.contract import Contract
from ingest.contract_terms import WARN_DAYS, agreement_terms, evaluate_freshness, stale_at
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import sources_with_removals
from ingest.landing import later_events, newest_load
from ingest.layers import Layer, seed_rows
from ingest.readers import delivered_files
from ingest.typing import typed_expression
from orchestration.pipeline.publish_scorecard import refresh_scorecard
from orchestration.runs.clock import as_of_time
from orchestration.runs.context import RunContext, RunOptions
from orchestration.runs.decisions import read_corrections, read_urgent_revisions
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.runs.record import BLOCKED, HELD_BACK, RELEASED, REMOVED, UNCHANGED, RunRecord, RunStore
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS, Settings
from orchestration.transform.dbt_project import files_fingerprint, prepare_project, project_fingerprint
from orchestration.transform.dbt_sources import has_model
from orchestration.transform.fingerprints import loads_by_source, removals_by_source
from orchestration.transform.release_inputs import code_version, versions
from orchestration.transform.run_inputs import kept_windows
from warehouse.fingerprint import bytes_sha256, json_sha256
from warehouse.record_keys import secret_id
from warehouse.releases import current, known_releases

DAY = dt.timedelta(days=1)
_NAMES = 5  # names in a message


def nothing_changed(run: RunContext) -> bool:
    """Whether a build would give what the current release already contains; if so, the run ends as unchanged.

    True if deliveries, contracts, seeds, models and versions are the same as in the last build, and no date has passed since at
    which a build gives other rows (`next_build_at`).
    """
    run.record.fingerprint = run_fingerprint(run)
    run.record.next_build_at = next_build_at(run)
    last = run.runs.last_built()
    if run.options.rebuilds or last is None or current(run.settings.home) is None:
        return False
    if last.release_id not in known_releases(run.settings.home):
        return False  # that release was damaged; an older one is current until this run has built it again
    if last.fingerprint != run.record.fingerprint or run.as_of < dt.datetime.fromisoformat(last.as_of):
        return False
    if last.next_build_at is not None and run.as_of > dt.datetime.fromisoformat(last.next_build_at):
        return False
    run.record.next_build_at = last.next_build_at
    end_unchanged(run, "deliveries, contracts, seeds, models and versions have not changed")
    return True


def end_unchanged(run: RunContext, reason: str) -> None:
    """End the run; the current release stays."""
    published = current(run.settings.home)
    run.record.release_id = published.release_id if published else None
    run.end(UNCHANGED, reason)
    refresh_scorecard(run)


def run_fingerprint(run: RunContext) -> str:
    """A hash of everything that decides what a build gives, except the clock."""
    prepare_project(run.settings.home, run.location.registry, run.location.city.layers)
    home = run.settings.home
    own = [loads_by_source(run.con), removals_by_source(run.con), project_fingerprint(home), secret_id(home.record_key_secret)]
    return json_sha256([*own, *decisive_inputs(run.settings, run.location)])


def decisive_inputs(settings: Settings, location: DeliveryLocation) -> list[Any]:
    """What decides what a build gives, besides the clock, and what the home's dbt project, warehouse and secrets contain."""
    return [
        [contract.model_dump_json(by_alias=True) for contract in location.registry],
        location.city.model_dump_json(exclude={"as_of"}),
        code_version(),
        versions(),
        [said.model_dump_json() for said in read_corrections(settings.home)],
        [asked.model_dump_json() for asked in read_urgent_revisions(settings.home)],
    ]


def next_build_at(run: RunContext) -> str | None:
    """The next time at which a build gives other rows although nothing is delivered, in ISO format; None if there is none.

    A source becomes stale, or a day ends: of a goal, a rule of publication, an agreement, the retention of a record, the day
    before the date of a record that was ahead, or the last one on which the window of an older register is published.
    """
    city = run.location.city
    # Read as files: dbt may not have loaded the seeds yet.
    goals, rules = (seed_rows(name, SHARED_SEEDS, city.layers) for name in ("goals", "publication_rules"))
    days = [*goal_days(city.place_geoid, goals), *rule_days(rules), *(kept.until - DAY for kept in kept_windows(run))]
    times: list[dt.datetime] = []
    for contract in run.location.registry:
        if until := contract.agreement.valid_until:
            days += [until - (WARN_DAYS + 1) * DAY, until]  # the last day before it ends soon, and its last one
        last = run.last_load(contract)
        if last is None:
            continue
        becomes_stale = stale_at(contract, last.data_as_of)
        times += [becomes_stale] if becomes_stale is not None else []
        days += retention_days(run, contract)
        later = later_events(run.con, contract, run.as_of.date(), city.time_zone)
        days += [later.first - DAY] if later is not None else []
    times += [dt.datetime.combine(day, dt.time.max) for day in days]  # the day itself still counts
    return min((time.isoformat() for time in times if time >= run.as_of), default=None)


def goal_days(city_geoid: str, goals: Iterable[Mapping[str, str]]) -> list[dt.date]:
    """The day of each goal of a city."""
    return [dt.date.fromisoformat(goal["target_on"]) for goal in goals if goal["city_geoid"] == city_geoid]


def rule_days(rules: Iterable[Mapping[str, str]]) -> Iterator[dt.date]:
    """The last day before a rule of publication begins, and its last day."""
    for rule in rules:
        if rule["valid_from"]:
            yield dt.date.fromisoformat(rule["valid_from"]) - DAY
        if rule["valid_to"]:
            yield dt.date.fromisoformat(rule["valid_to"])


def retention_days(run: RunContext, contract: Contract) -> Iterator[dt.date]:
    """The next day up to which a landed record may be kept; facts drop the record after it (ADR 29)."""
    for column in contract.kept_columns:
        if column.role == "retention":
            day = typed_expression(column, run.location.city.time_zone)
            found = run.con.execute(
                f'select min({day}) from landing."{contract.source}" where {day} >= cast(? as date)', [run.as_of]
            ).fetchone()
            if found and found[0] is not None:
                yield found[0]


def nothing_to_ingest(settings: Settings, options: RunOptions, location: DeliveryLocation) -> bool:
    """Whether the last run ingested all that is delivered, nothing of it waits for a person, and no source has aged since."""
    last = next(reversed(RunStore(settings.home.runs).all()), None)
    if last is None or options.rebuilds or options.sources or last.outcome not in (RELEASED, UNCHANGED):
        return False
    if not settings.home.warehouse.is_file() or last.ingested is None or last.ingested != ingest_fingerprint(settings, location):
        return False
    as_of, then = as_of_time(options.as_of, location.city), dt.datetime.fromisoformat(last.as_of)
    if last.next_build_at is not None and as_of > dt.datetime.fromisoformat(last.next_build_at):
        return False
    removed = {source for source, found in sources_with_removals(settings.home.deliveries).items() if found.is_removed}
    return all(
        _is_as_before(last, contract, then, as_of, is_removed=contract.source in removed) and _is_kept(settings, last, contract)
        for contract in location.registry
    )


def _is_as_before(last: RunRecord, contract: Contract, then: dt.datetime, as_of: dt.datetime, *, is_removed: bool) -> bool:
    """Whether a source has the status that the last run gave it, as far as clock and removals decide."""
    status = last.sources.get(contract.source)
    if status is None or status.verdict == HELD_BACK or (status.verdict == REMOVED) != is_removed:
        return False
    freshness = {evaluate_freshness(contract, status.data_as_of, moment).state for moment in (then, as_of)}
    agreement = {agreement_terms(contract, moment).status for moment in (then, as_of)}
    return len(freshness) == len(agreement) == 1


def _is_kept(settings: Settings, last: RunRecord, contract: Contract) -> bool:
    """Whether the newest load is among the kept deliveries; ingest writes a lost one again while its files are delivered."""
    load_id = last.sources[contract.source].load_id
    return load_id is None or DeliveryStore(settings.home.deliveries, contract.source).record(load_id) is not None


def ingest_fingerprint(settings: Settings, location: DeliveryLocation) -> str | None:
    """A hash of what a run reads besides its warehouse; None if a source is fetched live, since only its system knows.

    Of a delivered file it has path, size, inode and times instead of the content. Who changes a file may set its other times back
    but not `st_ctime` (POSIX: the last change of its status).
    """
    files = []
    for contract in location.registry:
        folder = location.folder_of(contract)
        if folder is None:
            return None
        for path in delivered_files(folder, contract.ignore_files) if folder.is_dir() else ():
            state = path.lstat()
            files.append((str(path), state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns))
    layers = [(str(name), bytes_sha256(text)) for each in location.snapshots for name, text in each.files.items()]
    return json_sha256([files, layers, files_fingerprint(DBT_PROJECT), *decisive_inputs(settings, location)])


def note_ingested(run: RunContext, *, read_all: bool) -> None:
    """Record what the run has ingested; `read_all`: it left no source out. Then, or if an earlier run had, nothing is unread."""
    before = run.earlier_runs[0].ingested if run.earlier_runs else None
    if run.delivered == before or (read_all and not run.options.sources and run.options.period is None):
        run.record.ingested = run.delivered


def nothing_delivered(run: RunContext) -> bool:
    """Whether a first release would be empty; if so, the run ends as blocked, with a hint."""
    if current(run.settings.home) is not None:
        return False
    layers = run.location.city.layers
    if any(_reaches_a_fact(contract, layers) and newest_load(run.con, contract.source) for contract in run.location.registry):
        return False
    if not any(newest_load(run.con, contract.source) for contract in run.location.registry):
        run.settings.home.home_json.unlink(missing_ok=True)  # a mistyped folder is not what the home reads from now on
    run.end(BLOCKED, explain_nothing_delivered(run.record, run.location))
    return True


def explain_nothing_delivered(record: RunRecord, location: DeliveryLocation) -> str:
    """Return why nothing was delivered, and what to do.

    A wrong path, misspelled folders, or maps alone would otherwise publish files whose facts are all empty.
    """
    held_back = [status for status in record.sources.values() if status.verdict == HELD_BACK]
    if held_back:
        reasons = "; ".join(status.reason or status.source for status in held_back[:_NAMES])
        return f"no delivery could be used, so there is nothing to publish: {_shortened(reasons, len(held_back))}"
    if location.folder is None:
        return "no live system delivered anything, so there is nothing to publish; `levelground doctor` checks the connections"
    found = "has no folder of a source that reaches a fact"
    if record.unknown_folders:
        names = _shortened(", ".join(record.unknown_folders[:_NAMES]), len(record.unknown_folders))
        found = f"has only folders without a contract ({names})"
    return (
        f"{location.folder} {found}, so there is nothing to publish; name each folder after its source, such as "
        "ucc__service_requests: `levelground sources list` lists all, `levelground sources new` drafts a contract"
    )


def _reaches_a_fact(contract: Contract, layers: Sequence[Layer]) -> bool:
    # Maps and the address index assign places to records. Read as a file: dbt may not have loaded the seed yet.
    reference = {row["source"] for row in seed_rows("reference_sources", SHARED_SEEDS, layers)}
    return has_model(contract, layers) and contract.source not in reference


def _shortened(text: str, number: int) -> str:
    return f"{text}, and {number - _NAMES} more" if number > _NAMES else text
