"""Dagster's event log on SQLite, with connections that stay open.

Here: how the log's files are opened and watched. Not here: what is in them, which is Dagster's own.

Dagster opens and closes a database for every event, twice for an asset's, and SQLite writes all of it through to the disk at each
commit and each close: 10-35 ms an event, most of what a run costs that finds nothing new (ADR 31).
Here a connection stays open, and only checkpoints are written through. A process that dies loses nothing by that; a machine that
loses power may lose the last events of its last run, and never what was there before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.event_api import EventHandlerFn
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorageWatchdog
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event, func, select
from sqlalchemy.engine import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

# A run writes to its own file and to the index; the UI reads those of the runs that somebody looks at.
FILES_KEPT_OPEN = 4


class EventLog(SqliteEventLogStorage):
    """Dagster's storage, in the place and the format where Dagster keeps it by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, tuple[int, Engine]] = OrderedDict()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> EventLog:
        """What dagster.yaml names; `base_dir` is the instance's folder."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            try:
                with engine.connect() as connection, connection.begin():
                    yield connection
            except BaseException:
                self._close(shard)  # whatever was wrong with it, the next one begins anew
                raise

    def _engine(self, shard: str) -> Engine:
        """The open engine of a file; a new one if the file has been deleted or replaced since."""
        path = Path(self.path_for_shard(shard))
        kept = self._engines.get(shard)
        if kept and path.exists() and path.stat().st_ino == kept[0]:
            self._engines.move_to_end(shard)
            return kept[1]
        self._close(shard)
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            # the storage's own lock lets one thread at a time
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _write_through_at_checkpoints)
        if shard not in self._initialized_dbs or not path.exists():
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._engines[shard] = (path.stat().st_ino, engine)
        while len(self._engines) > FILES_KEPT_OPEN:
            self._close(next(iter(self._engines)))
        return engine

    def _close(self, shard: str) -> None:
        kept = self._engines.pop(shard, None)
        if kept:
            kept[1].dispose()

    def delete_events(self, run_id: str) -> None:
        """Delete the events of a run, with its file and the checks that it made; the newest result of each check stays."""
        super().delete_events(run_id)
        checks = AssetCheckExecutionsTable.c
        newest = select(func.max(checks.id)).group_by(checks.asset_key, checks.check_name)
        with self.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.delete().where(checks.run_id == run_id, checks.id.not_in(newest)))
        self._close(run_id)
        self._initialized_dbs.discard(run_id)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path_for_shard(run_id)}{suffix}").unlink(missing_ok=True)

    def wipe(self) -> None:
        """Delete every event of every run."""
        for shard in list(self._engines):
            self._close(shard)
        super().wipe()

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Tell somebody of a run's events as they come."""
        observer: Any = self._obs
        if observer is None:
            observer = Observer()
            self._obs = observer
            observer.start()
        watcher = _Watcher(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watcher, observer.schedule(watcher, self._base_dir))

    def dispose(self) -> None:
        """Close everything."""
        super().dispose()
        for shard in list(self._engines):
            self._close(shard)


def _write_through_at_checkpoints(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


class _Watcher(SqliteEventLogStorageWatchdog):
    """Looks at the write-ahead log too, where events stand until the next checkpoint."""

    def __init__(self, storage: EventLog, run_id: str, callback: EventHandlerFn, cursor: str | None) -> None:
        super().__init__(storage, run_id, callback, cursor)
        path = storage.path_for_shard(run_id)
        self._patterns = [path, f"{path}-wal"]

    def on_modified(self, _event: FileSystemEvent) -> None:
        """Pass on what is new."""
        self._process_log()
