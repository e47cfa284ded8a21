"""The Dagster definitions: assets, resources and jobs of one set of settings.

Here: putting the assets together. Not here: what an asset does (`assets`), or how a run is started and shown
(`pipelines.run`, `pipelines.cli`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dagster import AssetSelection, Definitions, define_asset_job, in_process_executor

from assets.benchmark.assets import benchmark_assets
from assets.cbs.assets import Bronnen, raw_assets, raw_key
from assets.cbs.download import Progress, Selection
from assets.cbs.invoer import invoer_assets
from assets.cbs.registry import load_registry
from assets.cbs.transport import Address, Transport
from assets.core.assets import core_assets
from assets.lake import Lake
from assets.published.assets import published_assets
from pipelines.replica.server import running
from pipelines.settings import REPLICA, Settings, load_settings

REFRESH = "refresh"
BUILD = "build"


def _silent(_: Progress) -> None:
    """Tell nobody."""


@contextmanager
def connect(settings: Settings) -> Iterator[Transport]:
    """Open a transport to the source that was set; the embedded replica runs as long as it is open."""
    patience = settings.transport()
    if settings.source == REPLICA:
        with running(settings.facts, settings.seed) as url, Transport(Address.parse(url), patience) as transport:
            yield transport
    else:
        with Transport(Address.parse(settings.source), patience) as transport:
            yield transport


def definitions(settings: Settings, progress: Callable[[Progress], None] = _silent) -> Definitions:
    """Make the definitions.

    Args:
        settings: which years the job `refresh` downloads, from where, into which lake.
        progress: told how far each download is.
    """
    registry = load_registry()
    years = settings.boekjaren()
    # Every year the registry lists is an asset, whichever this run takes, so that the graph is always whole.
    sources = registry.sources({*registry.boekjaren(), *years})
    raw_keys = [raw_key(source) for source in sources]
    wanted = [raw_key(source) for source in registry.sources(years)]
    keuzes = settings.keuzes()
    after_raw = AssetSelection.all() - AssetSelection.assets(*raw_keys)
    return Definitions(
        assets=[raw_assets(sources), invoer_assets(), *core_assets(raw_keys), *benchmark_assets(), *published_assets()],
        resources={
            "lake": Lake(settings.lake.resolve()),
            "keuzes": keuzes,
            "bronnen": Bronnen(
                lambda: connect(settings), Selection((*keuzes.taakvelden, *keuzes.levering_taakvelden)), progress
            ),
        },
        jobs=[
            define_asset_job(
                REFRESH,
                after_raw | AssetSelection.assets(*wanted),
                description="download what CBS changed, and make everything after it",
            ),
            define_asset_job(BUILD, after_raw, description="make everything after raw, without a network"),
        ],
        executor=in_process_executor,
    )


defs = definitions(load_settings())
