"""Where Dagster keeps its history in a lake: its own SQLite files, with the connections kept open.

Here: the storage that `dagster.yaml` of a lake names, and opening it for one run. Not here: what is written (Dagster),
or running a job (`run`).

Dagster's own storage opens a database anew for each event, and once more to see which tables it has, compiles the same
statements each time, and waits for the disk after each: a second for a hundred tables. The files and what is in them
are the same; either storage reads what the other wrote. It leans on modules that Dagster keeps to itself: look here
first when the pin in pyproject.toml moves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

# For each step Dagster starts two programs, and keeps two files of it for ever: what the step wrote to the screen.
_NOT_KEPT = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
# Where the events lie under that of the history: Dagster's own names.
_EVENTS = "history/runs"


def history(home: Path) -> DagsterInstance:
    """Open the history for a run on the command line: as `dagster.yaml` says, but what steps write is not kept.

    Dagster's daemon and web interface open it themselves, and keep that too.

    Args:
        home: the folder with `dagster.yaml`.
    """
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=_NOT_KEPT))


class KeptEventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite, with one engine for the index of all runs and one for the newest run at hand."""

    def __init__(self, base_dir: str) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if not Path(self.path_for_shard(shard)).exists():
                # New, or taken away by another program: what is still open would write where nobody reads.
                self._let_go(shard)
                self._initialized_dbs.discard(shard)
            if shard not in self._engines:
                self._let_go(*(other for other in self._engines if other != INDEX_SHARD_NAME))
                self._engines[shard] = _engine(self.conn_string_for_shard(shard))
            engine = self._engines[shard]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Tell whether the index has a table; one that was there is not asked for again, as Dagster only adds."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Stop watching, and close every database."""
        super().dispose()
        with self._db_lock:
            self._let_go(*self._engines)

    def wipe(self) -> None:
        """Remove all events; Dagster removes the files, which must be closed before."""
        with self._db_lock:
            self._let_go(*self._engines)
        super().wipe()

    def _let_go(self, *shards: str) -> None:
        for shard in shards:
            if shard in self._engines:
                self._engines.pop(shard).dispose()


class LakeHistory(DagsterSqliteStorage):
    """Dagster's storage of runs, schedules and events in SQLite, the events with `KeptEventLog`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = KeptEventLog(f"{base_dir}/{_EVENTS}")

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "LakeHistory":  # noqa: ANN401  # as Dagster has it
        """Make it from `dagster.yaml`, as Dagster does."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _engine(address: str) -> Engine:
    engine = create_engine(address, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _without_waiting(connection: Any, _record: object) -> None:  # noqa: ANN401  # one of sqlite3
        # With a write-ahead log a loss of power may cost the last events, never the database.
        connection.execute("pragma synchronous = normal")

    return engine
