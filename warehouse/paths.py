"""Where everything of a home lies on disk: one folder, chosen by the caller, with a fixed layout.

Belongs here: names and places of files, and making the folders. Does not: reading LEVELGROUND_HOME (that is the caller's),
reading or writing any of the files.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

ANALYST_FILE = "levelground.duckdb"
PUBLIC_FILE = "levelground_public.duckdb"
RELEASE_FILES = (ANALYST_FILE, PUBLIC_FILE)  # in the order in which they are swapped in
MANIFEST_FILE = "manifest.json"
CURRENT_FILE = "current.json"
EXPORTS = "exports"  # the public tables as files, in a release and in published/

# The root and what people open let the group in: analysts and BI tools run under other accounts. All else holds private columns
# or run internals and is the owner's. `ensure` sets modes only on folders that it makes, so an operator's choice stays.
SHARED = 0o750
PRIVATE = 0o700


class HomeUnwritable(Exception):
    """The home, or a folder in it, cannot be made or written to."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"cannot write to {path}: {why}. Set LEVELGROUND_HOME to a folder that this user may write to, or let this one be "
            "written to (room on its disk, its permissions, a disk that is not mounted read-only)"
        )
        self.path = path
        self.why = why


@dataclass(frozen=True)
class Home:
    """The paths of one home. Nothing is touched before `ensure`."""

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
        """Who holds the run lock, for messages; the lock on `run_lock` decides."""
        return self.root / "run.lock.json"

    @property
    def deliveries(self) -> Path:
        """What departments sent, as sent, less direct identifiers."""
        return self.root / "deliveries"

    @property
    def releases(self) -> Path:
        """One folder a release, immutable."""
        return self.root / "releases"

    def release(self, release_id: str) -> Path:
        """The folder of one release."""
        return self.releases / release_id

    @property
    def pins(self) -> Path:
        """Labels of the releases that are kept for ever."""
        return self.releases / "pins.json"

    @property
    def swap_intent(self) -> Path:
        """Names the release that a swap is going to; there only while a swap is under way, or was cut off."""
        return self.releases / "swap.json"

    @property
    def published(self) -> Path:
        """What people and BI tools open."""
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
    def current_json(self) -> Path:
        """Which release is published."""
        return self.published / CURRENT_FILE

    @property
    def disclosure(self) -> Path:
        """What disclosure control must remember."""
        return self.root / "disclosure"

    @property
    def ledger(self) -> Path:
        """Each cell ever published."""
        return self.disclosure / "ledger.parquet"

    @property
    def reported(self) -> Path:
        """The figures of persons as they were reported, hidden ones too."""
        return self.disclosure / "reported.parquet"

    @property
    def attacked(self) -> Path:
        """Which parts of the public file were attacked and found safe."""
        return self.disclosure / "attacked.json"

    @property
    def runs(self) -> Path:
        """One receipt a run."""
        return self.root / "runs"

    @property
    def home_json(self) -> Path:
        """Which city and deliveries this home reads."""
        return self.root / "home.json"

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
    def sample(self) -> Path:
        """The generated deliveries of the sample city."""
        return self.root / "sample"

    @property
    def temporary(self) -> Path:
        """Where DuckDB spills what does not fit into memory: private data, gone when the run ends."""
        return self.root / "tmp"

    @property
    def shared(self) -> tuple[Path, ...]:
        """Folders that other accounts may look into."""
        return (self.root, self.published, self.published_exports, self.docs)

    @property
    def private(self) -> tuple[Path, ...]:
        """Folders that are the owner's alone."""
        kept = (self.deliveries, self.releases, self.disclosure, self.runs, self.dagster, self.logs, self.dbt, self.sample)
        return (*kept, self.temporary)

    def ensure(self) -> None:
        """Make the folders that are missing and write a byte into each; HomeUnwritable names the one that cannot be used."""
        for folder, mode in [(f, SHARED) for f in self.shared] + [(f, PRIVATE) for f in self.private]:
            try:
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(b"\n")
            except OSError as error:
                raise HomeUnwritable(folder, error.strerror or str(error)) from error
