"""Store Dagster's events in its SQLite files, over connections that stay open.

This is the one module that uses Dagster's private API (`dagster._core`, `dagster._serdes`), tested with Dagster 1.13.27. If an
upgrade breaks it, delete the block `event_log_storage` of dagster.yaml: Dagster's own storage then reads and writes the same
files, and only costs more time per event.

Dagster opens and closes a database for each event, twice for an event of an asset. At each commit and each close, SQLite writes
everything through to the disk: 10-35 ms per event, most of the cost of a run that finds nothing new (ADR 31). Here a connection
stays open, and only checkpoints are written through. A process that dies loses no event. A machine that loses power may lose the
last events of its last run, never earlier ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dagster._core.event_api import EventHandlerFn
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorageWatchdog
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event, func, select
from sqlalchemy.engine import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

# A run writes to its own file and to the index; the UI reads the files of the runs that it displays.
MAX_OPEN_FILES = 4


class PersistentEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite storage, with the files and the format that Dagster uses by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, tuple[int, Engine]] = OrderedDict()
        self._tables: set[str] = set()
        self._batch: dict[str, Connection] = {}  # the open transactions of a batch of events, by file
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PersistentEventLogStorage:
        """Build the storage from its block in dagster.yaml; `base_dir` is the instance's folder."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard in self._batch:
                yield self._batch[shard]
                return
            engine = self._engine(shard)
            try:
                with engine.connect() as connection, connection.begin():
                    yield connection
            except BaseException:
                self._close(shard)  # the next caller gets a new connection, whatever the error was
                raise

    def _engine(self, shard: str) -> Engine:
        """Return the open engine of a file, or a new one if the file was deleted or replaced."""
        path = Path(self.path_for_shard(shard))
        cached = self._engines.get(shard)
        if cached and path.exists() and path.stat().st_ino == cached[0]:
            self._engines.move_to_end(shard)
            return cached[1]
        self._close(shard)
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            # the storage's own lock admits one thread at a time
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _sync_at_checkpoints_only)
        if shard not in self._initialized_dbs or not path.exists():
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._engines[shard] = (path.stat().st_ino, engine)
        while len(self._engines) > MAX_OPEN_FILES:
            self._close(next(iter(self._engines)))
        return engine

    def _close(self, shard: str) -> None:
        cached = self._engines.pop(shard, None)
        if cached:
            cached[1].dispose()

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction per file, such as the hundreds that Dagster plans as a run begins."""
        with ExitStack() as ending:  # its last entry comes first: the lock is held until all transactions have ended
            self._db_lock.acquire()
            ending.callback(self._db_lock.release)
            ending.callback(self._batch.clear)
            for shard in {INDEX_SHARD_NAME, *(event.run_id for event in events)}:
                connection = ending.enter_context(self._engine(shard).connect())
                ending.enter_context(connection.begin())
                self._batch[shard] = connection
            ending.callback(self._db_lock.acquire)
            self._db_lock.release()
            super().store_event_batch(events)

    def has_table(self, table_name: str) -> bool:
        """Return whether the index has a table; Dagster asks once per event of a check, over a new connection each time."""
        # A table that exists is never dropped, and a new file gets all of them.
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def delete_events(self, run_id: str) -> None:
        """Delete a run's events, file and check results; keep the newest result of each check."""
        super().delete_events(run_id)
        checks = AssetCheckExecutionsTable.c
        newest = select(func.max(checks.id)).group_by(checks.asset_key, checks.check_name)
        with self.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.delete().where(checks.run_id == run_id, checks.id.not_in(newest)))
        self._close(run_id)
        self._initialized_dbs.discard(run_id)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path_for_shard(run_id)}{suffix}").unlink(missing_ok=True)

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Call `callback` for each new event of a run."""
        observer: Any = self._obs
        if observer is None:
            observer = Observer()
            self._obs = observer
            observer.start()
        watcher = _Watcher(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watcher, observer.schedule(watcher, self._base_dir))

    def dispose(self) -> None:
        """Close all connections."""
        super().dispose()
        for shard in list(self._engines):
            self._close(shard)


def _sync_at_checkpoints_only(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


class _Watcher(SqliteEventLogStorageWatchdog):
    """Also watches the write-ahead log, which contains new events until the next checkpoint."""

    def __init__(self, storage: PersistentEventLogStorage, run_id: str, callback: EventHandlerFn, cursor: str | None) -> None:
        super().__init__(storage, run_id, callback, cursor)
        path = storage.path_for_shard(run_id)
        self._patterns = [path, f"{path}-wal"]

    def on_modified(self, _event: FileSystemEvent) -> None:
        """Process new events."""
        self._process_log()
