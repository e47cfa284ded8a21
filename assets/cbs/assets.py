"""The raw tables as Dagster assets: one `raw/<bron>` for each table of the registry.

Here: the shell around `assets.cbs.download`. Not here: any rule about a download.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from assets.cbs.download import Progress, Result, Selection, download
from assets.cbs.lezer import Lezer, second_reader
from assets.cbs.oordeel import AANGEHOUDEN, Grenzen, Oordeel, judge
from assets.cbs.registry import Source
from assets.cbs.transport import Transport
from assets.cbs.versheid import note
from assets.errors import LakeError, ReintegratieError, SourceError
from assets.lake import Lake

# Tables at a time: more than requests in flight (`Transport`), since some read and keep while others wait for CBS.
_TABLES = 6
# Kinds of sources with tens of pages or more, the longest first.
_LARGE = {"srg_voorzieningen": 0, "iv3": 1}


def _silent(_: Progress) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Bronnen:
    """How the raw assets reach CBS.

    Args:
        connect: opens a transport to the address that was set.
        selection: what is taken of Iv3.
        progress: told how far each download is; called from several threads.
        grenzen: how much a new vintage may differ from the one before.
    """

    connect: Callable[[], AbstractContextManager[Transport]]
    selection: Selection
    progress: Callable[[Progress], None] = field(default=_silent)
    grenzen: Grenzen = field(default_factory=Grenzen)


def raw_key(source: Source) -> AssetKey:
    """Give the asset key of a source."""
    return AssetKey(["raw", source.bron])


def raw_assets(sources: Sequence[Source]) -> AssetsDefinition:
    """Make the raw assets: one step that downloads any subset of them, a few tables at a time."""
    by_key = {raw_key(source): source for source in sources}
    specs = [
        AssetSpec(
            key,
            group_name="raw",
            description=f"{source.titel} ({source.tabel_id or 'id found through the catalogue'})",
            metadata={"tabel_id": source.tabel_id or "", "licentie": source.licentie},
        )
        for key, source in by_key.items()
    ]

    @multi_asset(name="raw", specs=specs, can_subset=True)
    def raw(
        context: AssetExecutionContext, lake: ResourceParam[Lake], bronnen: ResourceParam[Bronnen]
    ) -> Iterator[MaterializeResult[Any]]:
        selected = in_turns(by_key[key] for key in context.selected_asset_keys)
        for source, result, oordeel in download_all(selected, lake, bronnen):
            manifest = result.vintage.manifest
            if oordeel is not None and oordeel.status() == AANGEHOUDEN:
                context.log.warning(
                    f"{source.bron}: {result.vintage.id} is held back: {oordeel.gebeurtenissen[-1].redenen}"
                )
            yield MaterializeResult(
                asset_key=raw_key(source),
                metadata={
                    "vintage": result.vintage.id,
                    "is_new": result.is_new,
                    "oordeel": "" if oordeel is None else oordeel.status(),
                    "verschillen": [] if oordeel is None else list(oordeel.bevindingen),
                    "pages": result.pages,
                    "rows": manifest.rows,
                    "modified": manifest.modified,
                    "herkomst": manifest.herkomst,
                    "sha256": manifest.sha256,
                },
            )

    return raw


def in_turns(sources: Iterable[Source]) -> list[Source]:
    """Put sources in the order in which their downloads begin.

    What takes longest begins first, so that nothing waits for it alone; and between two large tables there are two
    small ones, since those wait for CBS while the large are read.
    """
    ordered = sorted(sources, key=lambda source: (_LARGE.get(source.soort, len(_LARGE)), source.bron))
    small = iter([source for source in ordered if source.soort not in _LARGE])
    turns = [turn for source in ordered if source.soort in _LARGE for turn in (source, *islice(small, 2))]
    return [*turns, *small]


def download_all(
    sources: Sequence[Source], lake: Lake, bronnen: Bronnen
) -> list[tuple[Source, Result, Oordeel | None]]:
    """Download tables side by side, and judge each when it has come.

    When one fails, or cannot be judged, those under way are finished and kept, and the rest is not begun.

    Returns:
        each source, what its download gave, and the judgement of its newest vintage when it got one now.

    Raises:
        ReintegratieError: of the failure; when several failed, all are named.
    """
    lake.check_writable()
    judging = Lock()

    def fetched(source: Source, transport: Transport, lezer: Lezer) -> tuple[Result, Oordeel | None]:
        result = download(
            source,
            transport=transport,
            lake=lake,
            selection=bronnen.selection,
            progress=bronnen.progress,
            lezer=lezer,
        )
        # At once, whatever becomes of the other tables. Also one that is not new: the run that downloaded it may have
        # been killed. One at a time: two whole vintages are in memory.
        with judging:
            return result, judge(lake, source.bron, bronnen.grenzen)

    with (
        bronnen.connect() as transport,
        second_reader() as lezer,
        ThreadPoolExecutor(_TABLES, thread_name_prefix="raw") as pool,
    ):
        futures = {source: pool.submit(fetched, source, transport, lezer) for source in sources}
        wait(futures.values(), return_when=FIRST_EXCEPTION)
        if any(future.done() and not future.cancelled() and future.exception() for future in futures.values()):
            pool.shutdown(wait=True, cancel_futures=True)
        failures = [
            error for future in futures.values() if not future.cancelled() and (error := future.exception()) is not None
        ]
    unwritten: list[LakeError] = []
    for source, future in futures.items():
        if not future.cancelled():
            error = future.exception()
            try:
                note(lake, source.bron, None if error is None else _in_short(error))
            except LakeError as why:
                unwritten.append(why)
    # Told beside what failed, not in its place; one of them, since a full disk stops them all.
    failures += unwritten[:1]
    for error in failures:
        if not isinstance(error, ReintegratieError) or len(failures) == 1:
            raise error
    if failures:
        raise SourceError("\n".join(str(error) for error in failures))
    return [(source, *future.result()) for source, future in futures.items()]


def _in_short(error: BaseException) -> str:
    """Give the first line of an error; its kind when it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)
