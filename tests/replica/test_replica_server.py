"""The replica as a program: it starts, says where it is, serves what it is told, and ends."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette

from assets.errors import SettingsError, SourceError
from pipelines.replica.server import listen, running, running_app
from pipelines.replica.world import build_world

INFO = "/datasets.cbs.nl/odata/v1/CBS/86247NED/Properties"
ON_65 = "TaakveldBalanspost eq '6.5   ' and Verslagsoort eq '2023X005' and startswith(Categorie,'L')"


def test_runs_and_ends() -> None:
    with running(seed=3) as url:
        answer = requests.get(url + INFO, timeout=30).json()
        assert answer["Source"].endswith(f"[wereld={build_world(seed=3).id}]")
    with pytest.raises(requests.ConnectionError):
        requests.get(url + INFO, timeout=5)


def test_serves_given_facts_exactly(shared: Path) -> None:
    with running(shared / "cbs" / "figures") as url:
        page = f"{url}/dataderden.cbs.nl/ODataFeed/OData/45063NED/TypedDataSet?$format=json&$filter={ON_65}"
        rows = []
        while page:
            answer = requests.get(page, timeout=30).json()
            rows += answer["value"]
            page = answer.get("odata.nextLink")
    assert round(sum(row["k_2ePlaatsing_2"] or 0 for row in rows), 3) == 1_213_311


def test_ends_when_the_caller_fails() -> None:
    found = []

    def use() -> None:
        with running() as url:
            found.append(url)
            requests.get(url + "/nothing", timeout=30).raise_for_status()

    with pytest.raises(requests.HTTPError):
        use()
    with pytest.raises(requests.ConnectionError):
        requests.get(found[0] + INFO, timeout=5)


def test_ends_when_the_program_that_runs_it_is_gone() -> None:
    lines = ["import os", "from pipelines.replica.server import running"]
    program = "\n".join([*lines, "with running() as url: print(url, flush=True); os._exit(1)"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    url = done.stdout.strip()
    assert url.startswith("http://127.0.0.1:"), done.stderr
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            requests.get(url + INFO, timeout=5)
        except requests.ConnectionError:
            return
        time.sleep(0.1)
    pytest.fail(f"the replica at {url} is still there")


def test_tells_why_it_did_not_start(tmp_path: Path) -> None:
    with (
        pytest.raises(SourceError, match=r"did not start: replica: facts folder .* is not there"),
        running(tmp_path / "x"),
    ):
        pass


def test_port_that_is_taken() -> None:
    taken = listen(0)
    port = taken.getsockname()[1]
    try:
        with pytest.raises(SettingsError, match=f"port {port} on 127.0.0.1 cannot be used"):
            listen(port)
        command = [sys.executable, "-m", "pipelines.replica", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 2
        assert done.stderr.startswith(f"replica: port {port}")
    finally:
        taken.close()


def test_running_app_serves_any_application() -> None:
    with running_app(Starlette()) as url:
        assert requests.get(url, timeout=10).status_code == 404
