"""Define the paths of a home, a folder with a fixed layout, and create its folders.

See `orchestration.settings` for LEVELGROUND_HOME. This module reads and writes none of the files.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

ANALYST_FILE = "levelground.duckdb"
PUBLIC_FILE = "levelground_public.duckdb"
RELEASE_FILES = (ANALYST_FILE, PUBLIC_FILE)  # in the order of the swap
MANIFEST_FILE = "manifest.json"
CURRENT_FILE = "current.json"
EXPORTS = "exports"  # the public tables as files, in a release and in published/

# The group may read the root and the published files, because analysts and BI tools use other accounts. All other folders contain
# private columns or run internals and are for the owner only. `ensure` sets modes only on folders that it creates.
SHARED = 0o750
PRIVATE = 0o700


class HomeUnwritable(Exception):
    """The home, or a folder in it, cannot be created or written to."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"cannot write to {path}: {why}. Set LEVELGROUND_HOME to a folder that this user may write to, or make this one "
            "writable (free disk space, permissions, a disk that is not mounted read-only)"
        )
        self.path = path
        self.why = why


@dataclass(frozen=True)
class Home:
    """The paths of a home. `ensure` creates its folders."""

    root: Path

    @property
    def warehouse(self) -> Path:
        """The working warehouse; only a run opens it, under the run lock."""
        return self.root / "warehouse.duckdb"

    @property
    def run_lock(self) -> Path:
        """The file that the operating system locks for the run."""
        return self.root / "run.lock"

    @property
    def run_lock_holder(self) -> Path:
        """The holder of the run lock, for messages; only the lock on `run_lock` counts."""
        return self.root / "run.lock.json"

    @property
    def deliveries(self) -> Path:
        """The deliveries as departments sent them, without direct identifiers."""
        return self.root / "deliveries"

    @property
    def releases(self) -> Path:
        """The releases: one immutable folder per release."""
        return self.root / "releases"

    def release(self, release_id: str) -> Path:
        """The folder of one release."""
        return self.releases / release_id

    @property
    def pins(self) -> Path:
        """The labels of pinned releases."""
        return self.releases / "pins.json"

    @property
    def swap_intent(self) -> Path:
        """The release that a swap is publishing; exists only during a swap, or after an interrupted one."""
        return self.releases / "swap.json"

    @property
    def published(self) -> Path:
        """The files that people and BI tools open."""
        return self.root / "published"

    @property
    def published_analyst(self) -> Path:
        """The analyst file."""
        return self.published / ANALYST_FILE

    @property
    def published_public(self) -> Path:
        """The public file."""
        return self.published / PUBLIC_FILE

    @property
    def published_exports(self) -> Path:
        """The public tables as Parquet and CSV."""
        return self.published / EXPORTS

    @property
    def published_scorecard(self) -> Path:
        """The public site about the published release."""
        return self.published / "scorecard"

    @property
    def internal_scorecard(self) -> Path:
        """The site for staff, with figures that the public file hides; only its owner may read it."""
        return self.root / "internal_scorecard"

    @property
    def current_json(self) -> Path:
        """The record of the published release."""
        return self.published / CURRENT_FILE

    @property
    def disclosure(self) -> Path:
        """The ledger and the caches of disclosure control."""
        return self.root / "disclosure"

    @property
    def ledger(self) -> Path:
        """The ledger of every published cell."""
        return self.disclosure / "ledger.parquet"

    @property
    def reported(self) -> Path:
        """The reported figures of persons, including hidden ones."""
        return self.disclosure / "reported.parquet"

    @property
    def responses(self) -> Path:
        """Every reported state of the counts of engagement responses, including hidden ones."""
        return self.disclosure / "responses.parquet"

    @property
    def history(self) -> Path:
        """The first and the last published state of each row of the public file."""
        return self.disclosure / "history.parquet"

    @property
    def attacked(self) -> Path:
        """The parts of the public file that an audit found safe."""
        return self.disclosure / "attacked.json"

    @property
    def runs(self) -> Path:
        """The run records: one file per run."""
        return self.root / "runs"

    @property
    def home_json(self) -> Path:
        """The city and the deliveries folder of this home."""
        return self.root / "home.json"

    @property
    def lakes(self) -> Path:
        """The folders and addresses outside the home that contain parts of its facts, as a list in JSON."""
        return self.root / "lakes.json"

    @property
    def dagster(self) -> Path:
        """Dagster's storage."""
        return self.root / "dagster"

    @property
    def docs(self) -> Path:
        """dbt docs, Data Docs and catalog, as one static folder."""
        return self.root / "docs"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"

    @property
    def dbt(self) -> Path:
        """dbt's target folder: manifest, run results, compiled SQL."""
        return self.root / "dbt"

    @property
    def dbt_project(self) -> Path:
        """The dbt project that this home builds: links to the installed one, and what is generated for the home."""
        return self.dbt / "project"

    @property
    def layers(self) -> Path:
        """The files of the city's layers that the last run read."""
        return self.dbt / "layers"

    @property
    def sample(self) -> Path:
        """The generated deliveries of the sample city."""
        return self.root / "sample"

    @property
    def tried(self) -> Path:
        """The throw-away home of the last `levelground try`; only its owner may read it."""
        return self.root / "try"

    @property
    def removal_plan(self) -> Path:
        """The plan of a removal of records; exists only while it is carried out, or after an interrupted one."""
        return self.root / "erasing" / "plan.json"

    @property
    def is_removal_pending(self) -> bool:
        """Whether a removal was begun and is not complete; a reader may not see the plan, but only its folder."""
        try:
            return self.removal_plan.is_file()
        except PermissionError:
            return True

    @property
    def temporary(self) -> Path:
        """The folder for data that DuckDB spills from memory: private, and deleted when the run ends."""
        return self.root / "tmp"

    @property
    def shared(self) -> tuple[Path, ...]:
        """Folders that other accounts may read."""
        return (self.root, self.published, self.published_exports, self.docs)

    @property
    def private(self) -> tuple[Path, ...]:
        """Folders that only the owner may read."""
        folders = (self.deliveries, self.releases, self.disclosure, self.runs, self.dagster, self.logs, self.dbt, self.sample)
        return (*folders, self.temporary)

    def ensure(self) -> None:
        """Create missing folders and write a test byte into each; HomeUnwritable names an unusable folder."""
        for folder, mode in [(f, SHARED) for f in self.shared] + [(f, PRIVATE) for f in self.private]:
            try:
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(b"\n")
            except OSError as error:
                raise HomeUnwritable(folder, error.strerror or str(error)) from error
