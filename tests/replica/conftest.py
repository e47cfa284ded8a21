"""Fixtures of the replica's tests: a world, and the replica answering over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pipelines.replica.app import create_app
from pipelines.replica.server import running_app
from pipelines.replica.world import World, build_world

Get = Callable[..., Any]


@pytest.fixture(scope="session")
def world() -> World:
    return build_world()


@pytest.fixture(scope="session")
def factual(shared: Path) -> World:
    return build_world(shared / "cbs" / "figures")


@pytest.fixture(scope="session")
def base(world: World) -> Iterator[str]:
    """Serve the built-in world with small pages, so that paging shows in few rows."""
    with running_app(create_app(world, v3_page_rows=1000, v4_page_rows=5000)) as url:
        yield url


@pytest.fixture(scope="session")
def get(base: str) -> Get:
    """Ask the replica for JSON; an expected status other than 200 is named."""

    def ask(path: str, status: int = 200, **options: str) -> Any:
        query = {f"${key}": value for key, value in options.items()}
        answer = requests.get(base + path, params=query, timeout=30)
        assert answer.status_code == status, answer.text[:500]
        return answer.json()

    return ask


@pytest.fixture(scope="session")
def pages(base: str) -> Callable[[str], list[dict[str, Any]]]:
    """Follow the links of a paged answer to the end and give the pages."""

    def follow(url: str) -> list[dict[str, Any]]:
        found = []
        next_url: str | None = base + url
        while next_url:
            page = requests.get(next_url, timeout=30).json()
            found.append(page)
            next_url = page.get("odata.nextLink") or page.get("@odata.nextLink")
        return found

    return follow
