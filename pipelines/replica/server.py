"""Running the replica: as a program, as a subprocess of another program, or in a thread of a test.

Here: starting, waiting until it answers, ending. Not here: what it answers (`app`).
"""

import queue
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from assets.errors import SettingsError, SourceError
from pipelines.replica.app import create_app
from pipelines.replica.faults import Faults, read_faults
from pipelines.replica.world import build_world

HOST = "127.0.0.1"
READY = "replica listening on "
_START_SECONDS = 30.0
_END_SECONDS = 5.0
_ERROR_LINES = 20


def listen(port: int) -> socket.socket:
    """Take a port on loopback; 0 takes any that is free.

    Raises:
        SettingsError: the port is taken, or is not one this user may take.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(128)
    except (OSError, OverflowError) as error:
        sock.close()
        raise SettingsError(f"port {port} on {HOST} cannot be used: {error}; take another, or 0 for any") from error
    return sock


def serve(
    port: int, facts: Path | None, seed: int, *, faults: Path | None = None, ends_with_input: bool = False
) -> None:
    """Serve a world until interrupted; print one line with the address when ready.

    Args:
        port: port on loopback; 0 takes any that is free.
        facts: folder of facts that go before the built-in ones, or None.
        seed: of what is filled in.
        faults: TOML file that says how answers are spoiled (`faults`), or None for right answers only.
        ends_with_input: end when standard input does, which is when the program that runs this one is gone.

    Raises:
        SettingsError, ContractError: the port, the facts or the faults cannot be used.
    """
    plan = None if faults is None else read_faults(faults)
    world = build_world(facts, seed)
    sock = listen(port)

    def ready() -> None:
        print(f"{READY}{_address(sock)} (reconstructie, wereld={world.id})", flush=True)  # noqa: T201 - the protocol

    app: ASGIApp = create_app(world)
    if plan is not None:
        app = Faults(app, plan)
    server = _Server(_config(app), ready)
    if ends_with_input:

        def end() -> None:
            sys.stdin.buffer.read()
            server.should_exit = True

        threading.Thread(target=end, daemon=True).start()
    server.run(sockets=[sock])


@contextmanager
def running(facts: Path | None = None, seed: int = 1) -> Iterator[str]:
    """Run the replica as a subprocess and give its base URL; it is ended in any case.

    Raises:
        SourceError: it did not start; the message has what it said.
    """
    command = [
        sys.executable,
        "-m",
        "pipelines.replica",
        "--port",
        "0",
        "--seed",
        str(seed),
        "--ends-with-input",
    ]
    if facts is not None:
        command += ["--facts", str(facts)]
    with started_program(command, READY) as url:
        yield url


@contextmanager
def started_program(command: Sequence[str], ready: str) -> Iterator[str]:
    """Run a program that serves, until it tells its address; it is ended in any case.

    Args:
        command: the program and its arguments.
        ready: what the line begins with that goes on with the address.

    Raises:
        SourceError: it did not start; the message has what it said.
    """
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own
    try:
        yield _wait_for_address(process, ready)
    finally:
        _end(process)


@contextmanager
def running_app(app: ASGIApp) -> Iterator[str]:
    """Run an application in a thread of this process and give its base URL.

    Raises:
        SourceError: it did not start.
    """
    started = threading.Event()
    sock = listen(0)
    server = _Server(_config(app), started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        if not started.wait(_START_SECONDS):
            raise SourceError(f"the application did not start within {_START_SECONDS:.0f} seconds")
        yield _address(sock)
    finally:
        server.should_exit = True
        thread.join(_END_SECONDS)
        sock.close()


class _Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._ready()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=2
    )


def _address(sock: socket.socket) -> str:
    return f"http://{HOST}:{sock.getsockname()[1]}"


def _wait_for_address(process: "subprocess.Popen[str]", ready: str) -> str:
    """Read what the subprocess says until it gives its address; read on, so that it never waits for us."""
    assert process.stdout is not None
    assert process.stderr is not None
    said: queue.Queue[str | None] = queue.Queue()
    errors: deque[str] = deque(maxlen=_ERROR_LINES)

    def read_output() -> None:
        for line in process.stdout or ():
            said.put(line)
        said.put(None)

    reader = threading.Thread(target=read_output, daemon=True)
    listener = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
    reader.start()
    listener.start()
    try:
        while (line := said.get(timeout=_START_SECONDS)) is not None:
            if line.startswith(ready):
                return line.removeprefix(ready).split()[0]
    except queue.Empty:
        raise SourceError(f"the replica did not start within {_START_SECONDS:.0f} seconds") from None
    listener.join(_END_SECONDS)
    raise SourceError("the replica did not start: " + ("".join(errors).strip() or "it said nothing"))


def _end(process: "subprocess.Popen[str]") -> None:
    """End the subprocess: ask first, then make it."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # The readers reach the end of both streams now that the process is gone, so closing them is safe.
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
