"""What the client's tests share besides fixtures: settings that do not wait long, sources by name."""

from collections.abc import Callable

from assets.cbs.download import Result
from assets.cbs.registry import Source, load_registry
from assets.cbs.transport import TransportSettings

Refresh = Callable[..., Result]

SETTINGS = TransportSettings(
    connect_timeout_s=2,
    read_timeout_s=1,
    response_timeout_s=5,
    attempts=2,
    first_wait_s=0.001,
    longest_wait_s=2,
    max_response_bytes=1_000_000,
)


def source(bron: str, jaar: int = 2023) -> Source:
    """Give a source of the registry for a year."""
    return next(source for source in load_registry().sources([jaar]) if source.bron == bron)
