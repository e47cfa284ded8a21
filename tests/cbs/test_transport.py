"""The transport over real HTTP: what it tries again, what it refuses, and how much it takes."""

import gzip
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fake_cbs import (
    Act,
    FakeCbs,
    Handler,
    bad_gzip,
    bomb,
    cut_chunk,
    cut_off,
    drip,
    html,
    redirect,
    reset,
    running_fake,
    sends,
    slow,
    status,
)
from impatient import SETTINGS
from pydantic import ValidationError

from assets.cbs.transport import (
    MAX_IN_FLIGHT,
    Address,
    HttpStatusError,
    Transport,
    TransportSettings,
    orjson_object,
)
from assets.errors import SettingsError, SourceError

INFO = "/datasets.cbs.nl/odata/v1/CBS/85880NED/Properties"

PASSING: dict[str, Act] = {
    "reset": reset,
    "time-out": slow(1.5),
    "cut off": cut_off,
    "cut in a chunk": cut_chunk,
    "broken json": sends(b'{"value": ['),
    "no json": sends(b""),
    "broken gzip": bad_gzip,
    "html": html,
    "atom": sends(b'<?xml version="1.0"?><feed/>', "application/atom+xml"),
    "429": status(429),
    "500": status(500),
    "502": status(502, b"<html>bad gateway</html>"),
    "503": status(503),
    "504": status(504),
}


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING.keys())
def test_tries_again(cbs: FakeCbs, transport: Transport, act: Act) -> None:
    cbs.fail("Properties", act)
    _, answer = transport.get_json(cbs.base + INFO)
    assert answer["Identifier"] == "85880NED"
    assert len(cbs.asked) == 2


def read(content: bytes, url: str) -> tuple[bytes, dict[str, object]]:
    return content, orjson_object(content, url)


def test_what_was_asked_ahead_is_not_asked_again(cbs: FakeCbs, transport: Transport) -> None:
    url = cbs.base + INFO
    assert transport.get_parsed(url, read, transport.ask_ahead(url)) == transport.get_json(url)
    assert len(cbs.asked) == 2


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING.keys())
def test_asked_ahead_is_the_first_of_the_attempts(cbs: FakeCbs, transport: Transport, act: Act) -> None:
    url = cbs.base + INFO
    cbs.fail("Properties", act)
    _, answer = transport.get_parsed(url, read, transport.ask_ahead(url))
    assert answer["Identifier"] == "85880NED"
    assert len(cbs.asked) == 2
    cbs.forget()
    cbs.fail("Properties", act, times=99)
    with pytest.raises(SourceError, match="85880NED/Properties"):
        transport.get_parsed(url, read, transport.ask_ahead(url))
    assert len(cbs.asked) == SETTINGS.attempts


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING.keys())
def test_gives_up_and_says_where(cbs: FakeCbs, transport: Transport, act: Act) -> None:
    cbs.fail("Properties", act, times=99)
    with pytest.raises(SourceError, match=r"85880NED/Properties"):
        transport.get_json(cbs.base + INFO)
    assert len(cbs.asked) == SETTINGS.attempts


FINAL: dict[str, tuple[Act, str]] = {
    "400": (status(400), "answered 400"),
    "403": (status(403), "answered 403"),
    "404": (status(404), "answered 404"),
    "501": (status(501), "answered 501"),
    "204": (status(204, b""), "answered 204"),
    "too many rows": (
        status(500, b"The query returns more than 10000 records."),
        "answered 500.*more than 10000",
    ),
    "list": (sends(b"[1, 2]"), "JSON list where an object was expected"),
    "gzip bomb": (bomb, "more than 1000000 bytes"),
    "too large": (sends(b" " * 1_100_000), "more than 1000000 bytes"),
    "elsewhere": (redirect("https://example.org/x"), r"redirects to another host \(https://example.org/x\)"),
    "other port": (redirect("http://127.0.0.1:1/x"), "redirects to another host"),
    "outside": (redirect("/elsewhere"), "not under the address"),
}


@pytest.mark.parametrize(("act", "message"), FINAL.values(), ids=FINAL.keys())
def test_does_not_try_again(cbs: FakeCbs, transport: Transport, act: Act, message: str) -> None:
    cbs.fail("Properties", act, times=99)
    with pytest.raises(SourceError, match=message):
        transport.get_json(cbs.base + INFO)
    assert len(cbs.asked) == 1


def test_a_refusal_has_its_status(cbs: FakeCbs, transport: Transport) -> None:
    with pytest.raises(HttpStatusError) as refused:
        transport.get_json(f"{cbs.base}/opendata.cbs.nl/nothing")
    assert refused.value.status == 404


def test_html_shows_its_beginning(cbs: FakeCbs, transport: Transport) -> None:
    cbs.fail("Properties", html, times=99)
    with pytest.raises(SourceError, match=r"text/html instead of JSON: '<!DOCTYPE html>.*Onderhoud"):
        transport.get_json(cbs.base + INFO)


def test_compressed_answers_are_read(cbs: FakeCbs, transport: Transport) -> None:
    cbs.fail("Properties", sends(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))
    assert transport.get_json(cbs.base + INFO) == (b'{"a": 1}', {"a": 1})


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_gzip_may_be_several_packages(cbs: FakeCbs, transport: Transport, encoding: str) -> None:
    packed = gzip.compress(b'{"a":') + gzip.compress(b" 1}") + gzip.compress(b"")
    cbs.fail("Properties", sends(packed, Content_Encoding=encoding))
    assert transport.get_json(cbs.base + INFO) == (b'{"a": 1}', {"a": 1})


def test_several_packages_have_one_limit(cbs: FakeCbs, transport: Transport) -> None:
    half = gzip.compress(b" " * 600_000)
    cbs.fail("Properties", sends(half + half, Content_Encoding="gzip"), times=99)
    with pytest.raises(SourceError, match="more than 1000000 bytes"):
        transport.get_json(cbs.base + INFO)


@pytest.mark.parametrize("tail", [-4, 3], ids=["cut off", "something behind it"])
def test_a_package_that_is_not_whole_is_asked_again(cbs: FakeCbs, transport: Transport, tail: int) -> None:
    packed = gzip.compress(b'{"a": 1}')
    cbs.fail("Properties", sends(packed[:tail] if tail < 0 else packed + b"x" * tail, Content_Encoding="gzip"))
    assert transport.get_json(cbs.base + INFO)[1]["Identifier"] == "85880NED"
    assert len(cbs.asked) == 2


def test_nothing_packed_is_told_by_its_status(cbs: FakeCbs, transport: Transport) -> None:
    cbs.fail("Properties", lambda handler: handler.send(404, b"", Content_Encoding="gzip"))
    with pytest.raises(HttpStatusError) as refused:
        transport.get_json(cbs.base + INFO)
    assert refused.value.status == 404


def test_another_way_of_packing_is_refused(cbs: FakeCbs, transport: Transport) -> None:
    cbs.fail("Properties", sends(b"x", Content_Encoding="br"), times=99)
    with pytest.raises(SourceError, match="packed as 'br', which was not asked"):
        transport.get_json(cbs.base + INFO)


def test_says_what_it_takes(cbs: FakeCbs, transport: Transport) -> None:
    transport.get_json(cbs.base + INFO)
    assert transport.get_text(cbs.base + INFO.replace("Properties", "Observations/$count")) == "12"
    assert [headers["Accept"] for headers in cbs.headers] == ["application/json", "text/plain, */*"]
    assert {headers["Accept-Encoding"] for headers in cbs.headers} == {"gzip"}


def test_redirect_within_the_host(cbs: FakeCbs, transport: Transport) -> None:
    cbs.fail("Properties?x", redirect(INFO))
    assert transport.get_json(f"{cbs.base}{INFO}?x")[1]["Identifier"] == "85880NED"


def test_redirect_without_end(cbs: FakeCbs, transport: Transport) -> None:
    cbs.fail("Properties", redirect(INFO), times=99)
    with pytest.raises(SourceError, match="redirects more than 3 times"):
        transport.get_json(cbs.base + INFO)
    assert len(cbs.asked) == 4


def test_a_drip_ends(cbs: FakeCbs) -> None:
    """The read time-out starts anew with each byte; the whole answer has a time-out of its own."""
    cbs.fail("Properties", drip, times=99)
    settings = SETTINGS.model_copy(update={"response_timeout_s": 0.3, "attempts": 1})
    begin = time.monotonic()
    with (
        Transport(Address.parse(cbs.base), settings) as transport,
        pytest.raises(SourceError, match=r"more than 0\.3 s"),
    ):
        transport.get_json(cbs.base + INFO)
    assert time.monotonic() - begin < 3  # all of it takes 4


@pytest.mark.parametrize(
    ("retry_after", "at_least", "at_most"),
    [
        ("1", 1.0, 5.0),
        ("3600", 1.9, 10.0),  # no longer than longest_wait_s
        ("soon", 0.0, 1.5),
        ("-5", 0.0, 1.5),
        ("0", 0.0, 1.5),
        ("date", 0.9, 5.0),
        ("date without zone", 0.0, 5.0),
    ],
)
def test_retry_after(cbs: FakeCbs, transport: Transport, retry_after: str, at_least: float, at_most: float) -> None:
    if retry_after.startswith("date"):
        # A date has whole seconds: what is asked is between one and two seconds away.
        retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        if at_least == 0.0:
            retry_after = retry_after.replace("GMT", "-0000")
    cbs.fail("Properties", status(429, Retry_After=retry_after))
    begin = time.monotonic()
    transport.get_json(cbs.base + INFO)
    assert at_least <= time.monotonic() - begin <= at_most


def test_waits_grow(cbs: FakeCbs) -> None:
    cbs.fail("Properties", status(503), times=99)
    settings = SETTINGS.model_copy(update={"attempts": 4, "first_wait_s": 0.1})
    begin = time.monotonic()
    with Transport(Address.parse(cbs.base), settings) as transport, pytest.raises(SourceError):
        transport.get_json(cbs.base + INFO)
    assert 0.7 <= time.monotonic() - begin <= 4  # 0.1 + 0.2 + 0.4, each with at most 0.1 of jitter
    assert len(cbs.asked) == 4


def test_at_most_four_in_flight(cbs: FakeCbs, transport: Transport) -> None:
    cbs.delay_s = 0.05
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: transport.get_json(cbs.base + INFO)[1], range(32)))
    assert len(answers) == 32
    assert cbs.most_at_once == MAX_IN_FLIGHT
    assert transport.requests_made == 32


def test_no_server_at_all() -> None:
    with running_fake() as gone:
        base = gone.base
    with (
        Transport(Address.parse(base), SETTINGS) as transport,
        pytest.raises(SourceError, match=r"could not be read .*refused.*Check the connection"),
    ):
        transport.get_json(base + INFO)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a certificate of localhost that nobody signed; give it and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    about = ("-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *about, "-keyout", key, "-out", made],
        check=True,
        capture_output=True,
    )
    return made, key


@contextmanager
def secure(certificate: tuple[Path, Path], handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve over TLS; give the address."""

    class Secure(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """Be silent about what is meant to fail."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Secure(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"https://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_certificate_nobody_signed_is_refused(certificate: tuple[Path, Path]) -> None:
    with secure(certificate, Handler) as base, Transport(Address.parse(base), SETTINGS) as transport:
        with pytest.raises(SourceError, match="no certificate this machine trusts"):
            transport.get_json(base + INFO)
        assert transport.requests_made == 1


def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/proxy.pem")
    # CBS itself: only there the environment counts. Nothing is sent, since requests looks for them before it connects.
    with Transport(Address.parse("cbs"), SETTINGS) as transport:
        with pytest.raises(SourceError, match=r"was not asked.*/nowhere/proxy\.pem.*REQUESTS_CA_BUNDLE"):
            transport.get_json(f"https:/{INFO}")
        assert transport.requests_made == 1


@pytest.mark.parametrize("place", ["in the headers", "in the body"])
def test_what_is_damaged_on_the_way_is_asked_again(certificate: tuple[Path, Path], place: str) -> None:
    asked = []

    class Damaging(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = b'{"value": []}'
            self.send_response(200)
            self.damage("in the headers")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:5])
            self.damage("in the body")
            self.wfile.write(body[5:])

        def damage(self, here: str) -> None:
            if here == place and len(asked) == 1:
                # Beside TLS: a record that nobody packed.
                os.write(self.connection.fileno(), b"\x17\x03\x03\x00\x20" + bytes(32))

        def log_message(self, *_: object) -> None:
            pass

    with secure(certificate, Damaging) as base, Transport(Address.parse(base), SETTINGS) as transport:
        transport._session.verify = str(certificate[0])  # of nobody else's, and only here
        assert transport.get_json(base + INFO)[1] == {"value": []}
    assert len(asked) == 2


def test_sends_no_credentials_and_keeps_no_cookies(
    cbs: FakeCbs, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    cbs.fail("Properties", sends(b"{}", Set_Cookie="a=b"))
    transport.get_json(cbs.base + INFO)
    transport.get_json(cbs.base + INFO)
    for headers in cbs.headers:
        assert headers["User-Agent"].startswith("reintegratie")
        assert not {"Authorization", "Cookie"} & headers.keys()


def test_an_address_on_this_machine_is_not_asked_through_a_proxy(
    cbs: FakeCbs, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert transport.get_json(cbs.base + INFO)[1]["Identifier"] == "85880NED"


def test_asks_nothing_outside_its_address(cbs: FakeCbs, transport: Transport) -> None:
    with pytest.raises(SourceError, match="not under the address"):
        transport.get_json("https://example.org/x")
    assert cbs.asked == []


def test_cbs_is_three_hosts_over_https() -> None:
    address = Address.parse("cbs")
    assert address.is_cbs
    assert address.base == {
        "dataderden.cbs.nl": "https://dataderden.cbs.nl",
        "datasets.cbs.nl": "https://datasets.cbs.nl",
        "opendata.cbs.nl": "https://opendata.cbs.nl",
    }


@pytest.mark.parametrize("text", ["http://127.0.0.1:8123", "http://localhost:8123/", "http://[::1]:8123/x/"])
def test_addresses_on_this_machine(text: str) -> None:
    address = Address.parse(text)
    assert not address.is_cbs
    assert address.base["opendata.cbs.nl"] == f"{text.rstrip('/')}/opendata.cbs.nl"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CBS ",
        "replika",
        "ftp://127.0.0.1/",
        "http://",
        "http://user:pw@127.0.0.1:1",
        "http://:pw@127.0.0.1:1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:1?x=1",
        "http://127.0.0.1:1#x",
        "http://[bad",
        "http://example.org",
        "https://example.org",
        "http://opendata.cbs.nl",
        "https://localhost.example.org",
        "http://10.0.0.1",
        "http://0.0.0.0:1",
    ],
)
def test_no_other_addresses(text: str) -> None:
    with pytest.raises(SettingsError, match="source"):
        Address.parse(text)


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"read_timeout_s": 0}, {"patience": 3}])
def test_settings_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        TransportSettings.model_validate(wrong)
