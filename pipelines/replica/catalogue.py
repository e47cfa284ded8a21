"""Every table the replica serves, made when it is first asked for.

Here: which tables there are and where. Not here: what is in them (`iv3`, `bijstand`, `statline`, `srg`,
`bijstand_landelijk`).
"""

import threading
from collections.abc import Callable, Mapping
from functools import cache, partial

from pipelines.replica.bijstand import HOST as OPENDATA
from pipelines.replica.bijstand import TABEL_ID as BIJSTAND_ID
from pipelines.replica.bijstand import bijstand_table
from pipelines.replica.bijstand_landelijk import bijstand_tables
from pipelines.replica.iv3 import HOST as DATADERDEN
from pipelines.replica.iv3 import IDS as IV3_IDS
from pipelines.replica.iv3 import iv3_table
from pipelines.replica.srg import srg_tables
from pipelines.replica.srg_world import SrgWorld
from pipelines.replica.statline import (
    CPI_ID,
    GEBIEDEN_IDS,
    INWONERS_ID,
    PRIJS_ID,
    cpi_table,
    gebieden_table,
    inwoners_table,
    prijs_table,
)
from pipelines.replica.statline import HOST as DATASETS
from pipelines.replica.tables import Table
from pipelines.replica.world import World

V3_HOSTS = (DATADERDEN, OPENDATA)
V4_HOST = DATASETS


class Tables:
    """The tables of one world, by host and id."""

    def __init__(self, world: World) -> None:
        self.world = world
        makers: dict[tuple[str, str], Callable[[], Table]] = {}
        for jaar, tabel_id in IV3_IDS.items():
            makers[DATADERDEN, tabel_id] = partial(iv3_table, world, jaar)
        makers[OPENDATA, BIJSTAND_ID] = partial(bijstand_table, world)
        for jaar, tabel_id in GEBIEDEN_IDS.items():
            makers[DATASETS, tabel_id] = partial(gebieden_table, world, jaar)
        makers[DATASETS, INWONERS_ID] = partial(inwoners_table, world)
        makers[DATASETS, PRIJS_ID] = partial(prijs_table, world)
        makers[DATASETS, CPI_ID] = partial(cpi_table, world)
        srg = cache(lambda: SrgWorld(world))
        if world.facts.srg:
            _ = srg().per_gemeente  # facts that contradict each other are told now, and not at a request
        for tabel_id, make in {**srg_tables(world, srg), **bijstand_tables(world)}.items():
            makers[DATASETS, tabel_id] = make
        self._makers: Mapping[tuple[str, str], Callable[[], Table]] = makers
        self._made: dict[tuple[str, str], Table] = {}
        self._lock = threading.Lock()

    def get(self, host: str, tabel_id: str) -> Table | None:
        """Give a table, or None when there is none of that id on that host; ids mind their case."""
        key = (host, tabel_id)
        with self._lock:
            if key not in self._made and key in self._makers:
                self._made[key] = self._makers[key]()
            return self._made.get(key)

    def on(self, host: str) -> list[Table]:
        """Give all tables of a host, in order of id."""
        found = (self.get(*key) for key in sorted(self._makers) if key[0] == host)
        return [table for table in found if table is not None]
