"""Define the paths of a home, a folder with a fixed layout, and create its folders.

See `orchestration.settings` for LEVELGROUND_HOME. This module reads and writes none of the files.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

ANALYST_FILE = "levelground.duckdb"
PUBLIC_FILE = "levelground_public.duckdb"
RELEASE_FILES = (ANALYST_FILE, PUBLIC_FILE)  # in the order of the swap; every release has both
# The files of other readers, which a release of an earlier version does not have: figures, and the records of one audience.
FIGURES_FILE, RECORDS_FILE = "levelground_figures.duckdb", "levelground_records_{}.duckdb"
MANIFEST_FILE = "manifest.json"
CURRENT_FILE = "current.json"
EXPORTS = "exports"  # the public tables as files, in a release and in published/

# The group may read the root and the published files, because analysts and BI tools use other accounts. All other folders contain
# private columns or run internals and are for the owner only. `ensure` sets modes only on folders that it creates.
SHARED = 0o750
PRIVATE = 0o700
DROP = 0o1730  # readers of the group create files there, list none, and delete only their own
EVERYONE = 0o755  # `public/`: copies of what the public may read


class HomeUnwritable(Exception):
    """The home, or a folder in it, cannot be created or written to."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"cannot write to {path}: {why}. Set LEVELGROUND_HOME to a folder that this user may write to, or make this one "
            "writable (free disk space, permissions, a disk that is not mounted read-only)"
        )
        self.path = path
        self.why = why


class Inside:
    """A path inside another path of a home: `parent` is its root, or the path with which the names begin."""

    def __init__(self, *names: str, parent: Inside | None = None) -> None:
        self._names: tuple[str, ...] = (*(parent._names if parent else ()), *names)

    def __get__(self, home: Home, _owner: type[Home]) -> Path:
        return home.root.joinpath(*self._names)


@dataclass(frozen=True)
class Home:
    """The paths of a home. `ensure` creates its folders."""

    root: Path

    warehouse = Inside("warehouse.duckdb")  # the working warehouse; only a run opens it, under the run lock
    run_lock = Inside("run.lock")  # the file that the operating system locks for the run
    run_lock_holder = Inside("run.lock.json")  # the holder of the run lock, for messages; only the lock on `run_lock` counts
    deliveries = Inside("deliveries")  # the deliveries as departments sent them, without direct identifiers
    releases = Inside("releases")  # the releases: one immutable folder per release
    pins = Inside("pins.json", parent=releases)  # the labels of pinned releases
    # the release that a swap is publishing; exists only during a swap, or after an interrupted one
    swap_intent = Inside("swap.json", parent=releases)
    published = Inside("published")  # the files that people and BI tools open
    published_analyst = Inside(ANALYST_FILE, parent=published)  # the analyst file
    published_public = Inside(PUBLIC_FILE, parent=published)  # the public file
    readers = Inside("readers.json", parent=published)  # the audiences: their groups, tables, and variables with keys
    published_exports = Inside(EXPORTS, parent=published)  # the public tables as Parquet and CSV
    published_scorecard = Inside("scorecard", parent=published)  # the public site about the published release
    # copies of the public file, its exports and the site, for web servers; a link leads to a folder outside the home
    public = Inside("public")
    # the site for staff, with figures that the public file hides; only its owner may read it
    internal_scorecard = Inside("internal_scorecard")
    current_json = Inside(CURRENT_FILE, parent=published)  # the record of the published release
    disclosure = Inside("disclosure")  # the ledger and the reported figures of disclosure control
    ledger = Inside("ledger.parquet", parent=disclosure)  # the ledger of every published cell
    reported = Inside("reported.parquet", parent=disclosure)  # the reported figures of persons, including hidden ones
    # every reported state of the counts of engagement responses, including hidden ones
    responses = Inside("responses.parquet", parent=disclosure)
    # the first and the last published state of each row of the public file
    history = Inside("history.parquet", parent=disclosure)
    runs = Inside("runs")  # the run records: one file per run
    corrections = Inside("corrections.json")  # the office's words on figures that turned out wrong
    urgent_revisions = Inside("urgent_revisions.json")  # wrong figures of persons that do not wait for a quarter
    # the secret of the keys of facts: made once, for the owner only, and part of every backup
    record_key_secret = Inside("record-keys.secret")
    home_json = Inside("home.json")  # the city and the deliveries folder of this home
    lakes = Inside("lakes.json")  # the folders and addresses outside the home that contain parts of its facts, as a list in JSON
    questions = Inside("questions")  # the log of questions; readers of the release write to it, and only the owner reads it
    dagster = Inside("dagster")  # Dagster's storage
    docs = Inside("docs")  # dbt docs, Data Docs and catalog, as one static folder
    logs = Inside("logs")  # log files
    dbt = Inside("dbt")  # dbt's target folder: manifest, run results, compiled SQL
    # the dbt project that this home builds: links to the installed one, and what is generated for the home
    dbt_project = Inside("project", parent=dbt)
    layers = Inside("layers", parent=dbt)  # the files of the city's layers that the last run read
    sample = Inside("sample")  # the generated deliveries of the sample city
    tried = Inside("try")  # the throw-away home of the last `levelground try`; only its owner may read it
    # the plan of a removal of records; exists only while it is carried out, or after an interrupted one
    removal_plan = Inside("erasing", "plan.json")
    removal_rows = Inside("erasing", "rows.parquet")
    # what a new home got from the blank home that it is a copy of, until its first release (`pipeline.blank_home`)
    blank = Inside("blank")
    blank_conditions = Inside("conditions.json", parent=blank)  # when each of its tables has no row here either
    temporary = Inside("tmp")  # the folder for data that DuckDB spills from memory: private, and deleted when the run ends

    def release(self, release_id: str) -> Path:
        """The folder of one release."""
        return self.releases / release_id

    @property
    def is_removal_pending(self) -> bool:
        """Whether a removal was begun and is not complete; a reader may not see the plan, but only its folder."""
        try:
            return self.removal_plan.is_file()
        except PermissionError:
            return True

    @property
    def shared(self) -> tuple[Path, ...]:
        """Folders that other accounts may read."""
        return (self.root, self.published, self.published_exports, self.docs)

    @property
    def private(self) -> tuple[Path, ...]:
        """Folders that only the owner may read."""
        folders = (self.deliveries, self.releases, self.disclosure, self.runs, self.dagster, self.logs, self.dbt, self.sample)
        return (*folders, self.temporary)

    def make_questions(self) -> None:
        """Create the folder of the log of questions, with an inherited group if there is one: `chmod` would drop its bit."""
        if not self.questions.is_dir():
            before = os.umask(0)
            try:
                self.questions.mkdir(mode=DROP)
            finally:
                os.umask(before)

    def ensure(self) -> None:
        """Create missing folders and write a test byte into each; HomeUnwritable names an unusable folder."""
        for folder, mode in [(f, SHARED) for f in self.shared] + [(f, PRIVATE) for f in self.private]:
            try:
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(b"\n")
            except OSError as error:
                raise HomeUnwritable(folder, error.strerror or str(error)) from error
        self.make_questions()
