"""The Dagster definitions: assets, resources and jobs of one set of settings.

Here: putting the assets together. Not here: what an asset does (`assets`), or how a run is started and shown
(`pipelines.run`, `pipelines.cli`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dagster import (
    AssetSelection,
    DagsterInvalidDefinitionError,
    DagsterRunStatus,
    DefaultScheduleStatus,
    Definitions,
    InitResourceContext,
    ResourceDefinition,
    RunsFilter,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
    resource,
)
from dagster import definitions as load_when_asked

from assets.benchmark.assets import benchmark_assets
from assets.cbs.assets import Bronnen, raw_assets, raw_key
from assets.cbs.download import Progress, Selection
from assets.cbs.invoer import BESTANDEN, invoer_assets, invoer_key
from assets.cbs.registry import load_registry
from assets.cbs.transport import Address, Transport
from assets.core.assets import core_assets
from assets.core.keuzes import Keuzes
from assets.errors import SettingsError
from assets.geheugen import give_back_memory
from assets.lake import Lake, held
from assets.published.assets import published_assets
from assets.published.layout import published_file
from assets.published.publication import refuse_other_figures
from pipelines.alert import alert_sensors
from pipelines.pakket import packed_keuzes
from pipelines.settings import CBS, REPLICA, Settings, load_settings

REFRESH = "refresh"
BUILD = "build"
REBUILD = "rebuild"
TIME_ZONE = "Europe/Amsterdam"
# Of a run that the daemon started: tried again twice, and stopped after four hours (see the settings in run.py).
_DAEMON_TAGS = {"dagster/max_retries": "2", "dagster/max_runtime": str(4 * 3600)}


def _silent(_: Progress) -> None:
    """Tell nobody."""


@contextmanager
def connect(settings: Settings) -> Iterator[Transport]:
    """Open a transport to the source that was set; the embedded replica runs as long as it is open."""
    patience = settings.transport()
    if settings.source == REPLICA:
        # Imported here: who asks CBS need not wait for it.
        from pipelines.replica.server import running

        with running(settings.facts, settings.seed) as url, Transport(Address.parse(url), patience) as transport:
            yield transport
    else:
        with Transport(Address.parse(settings.source), patience) as transport:
            yield transport


@contextmanager
def _to_download(settings: Settings) -> Iterator[Transport]:
    """Open a transport to download from.

    Raises:
        SettingsError: figures of CBS are published, and the source is not CBS.
    """
    # Before anything is downloaded: what is newest in the lake is what the next build reads.
    refuse_other_figures(published_file(Lake(settings.lake.resolve())), is_cbs=settings.source == CBS)
    with connect(settings) as transport:
        yield transport


def held_lake(lake: Lake) -> ResourceDefinition:
    """Give a lake that one run has for itself as long as it lasts; the next one is told so and ends.

    Dagster makes a resource once for a run in one process, and ends it with the run, however that ends.
    """

    @resource
    def only_ours(context: InitResourceContext) -> Iterator[Lake]:
        with held(lake):
            _end_killed_runs(context)
            yield lake

    return only_ours


def _end_killed_runs(context: InitResourceContext) -> None:
    """Note of runs that the history calls under way that they are not: who has the lake is the only one."""
    if context.instance is None or context.run is None:
        return
    under_way = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
    for run in context.instance.get_runs(RunsFilter(statuses=under_way)):
        if run.run_id != context.run.run_id:
            context.instance.report_run_failed(run, "killed: another run has the lake now")


def definitions(
    settings: Settings,
    progress: Callable[[Progress], None] = _silent,
    lake: Lake | None = None,
    keuzes: Keuzes | None = None,
) -> Definitions:
    """Make the definitions.

    Args:
        settings: which years the job `refresh` downloads, from where, into which lake.
        progress: told how far each download is.
        lake: in the place of the one of the settings, such as one as of an earlier day.
        keuzes: in the place of those of the package that the lake is, or else of the settings.

    Raises:
        SettingsError: the schedule is none.
        LakeError: the lake is a package, and what it says of itself is damaged.
    """
    registry = load_registry()
    years = settings.boekjaren()
    # Every year the registry lists is an asset, whichever this run takes, so that the graph is always whole.
    sources = registry.sources({*registry.boekjaren(), *years})
    raw_keys = [raw_key(source) for source in sources]
    wanted = [raw_key(source) for source in registry.sources(years)]
    keuzes = keuzes or packed_keuzes(Lake(settings.lake.resolve())) or settings.keuzes()
    refresh = define_asset_job(
        REFRESH,
        AssetSelection.all() - AssetSelection.assets(*raw_keys) | AssetSelection.assets(*wanted),
        description="download what CBS changed, and make everything after it",
    )
    try:
        nightly = ScheduleDefinition(
            name="nightly",
            job=refresh,
            cron_schedule=settings.schedule,
            execution_timezone=TIME_ZONE,
            default_status=DefaultScheduleStatus.RUNNING,
            tags=_DAEMON_TAGS,
        )
    except DagsterInvalidDefinitionError as error:
        raise SettingsError(
            f"schedule: should be the five fields of cron, such as 30 5 * * * for 05:30 (got {settings.schedule!r})"
        ) from error
    after_raw = AssetSelection.all() - AssetSelection.assets(*raw_keys)
    return Definitions(
        assets=[raw_assets(sources), invoer_assets(), core_assets(raw_keys), benchmark_assets(), *published_assets()],
        resources={
            "lake": held_lake(lake or Lake(settings.lake.resolve())),
            "keuzes": keuzes,
            "bronnen": Bronnen(
                lambda: _to_download(settings),
                Selection((*keuzes.taakvelden, *keuzes.levering_taakvelden)),
                progress,
                settings.grenzen(),
            ),
        },
        jobs=[
            refresh,
            define_asset_job(BUILD, after_raw, description="make everything after raw, without a network"),
            define_asset_job(
                REBUILD,
                after_raw - AssetSelection.assets(*(invoer_key(bron) for bron in BESTANDEN)),
                description="make everything again from vintages alone, without looking for input files",
            ),
        ],
        schedules=[nightly],
        sensors=alert_sensors(settings),
        executor=in_process_executor,
    )


@load_when_asked
def defs() -> Definitions:
    """Make the definitions of the settings, for Dagster's own programs; the command line makes its own."""
    give_back_memory()
    return definitions(load_settings())
