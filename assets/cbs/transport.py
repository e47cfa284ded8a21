"""One way to ask CBS for something over HTTP: politely, bounded, and again when it fails.

Here: addresses, the session, retries, time-outs, limits on size and on requests in flight. Not here: what is
asked (`odata3`, `odata4`) or what is done with the answer (`download`).
"""

import ipaddress
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import orjson
import requests
import urllib3.exceptions
from pydantic import BaseModel, ConfigDict, Field
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from assets.errors import SettingsError, SourceError

CBS_HOSTS = ("dataderden.cbs.nl", "datasets.cbs.nl", "opendata.cbs.nl")
MAX_IN_FLIGHT = 4
_CHUNK = 256 * 1024
_JSON = "application/json"
_GZIP = 16  # what zlib adds to the size of its window for the header of gzip
# CBS's answer when a call of ODataApi asks for too much; asking again does not help.
_TOO_MANY_ROWS = b"10000 records"
_HTTP_OK = 200
_HTTP_REDIRECTS = (301, 302, 303, 307, 308)
_HTTP_TOO_MANY = 429
_HTTP_SERVER_ERROR = 500
_HTTP_NOT_IMPLEMENTED = 501

# What may go well the next time: resets, time-outs, and bodies that end too soon or were damaged on the way (those come
# from urllib3 itself, since the body is read from it).
_PASSING = (
    requests.ConnectionError,
    requests.Timeout,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.TimeoutError,
    urllib3.exceptions.DecodeError,
    urllib3.exceptions.SSLError,
)
# What TLS says of a record that was damaged or cut off on the way; what else it says is of certificates or settings.
_DAMAGED = ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "SSLV3_ALERT_BAD_RECORD_MAC", "UNEXPECTED_EOF_WHILE_READING")
_LOOK = "Something stands between this machine and CBS, or CBS changed: look at the address in a browser."
_T = TypeVar("_T")


@dataclass(frozen=True)
class Address:
    """Where the services of CBS are found.

    Args:
        text: how it was given: `cbs`, or the base URL of something that stands in for CBS.
        base: base URL for each host of CBS.
    """

    text: str
    base: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address: `cbs`, or a base URL under which the host of CBS is the first part of the path.

        Raises:
            SettingsError: it is not a URL this project may talk to: https on CBS's own hosts, http on
            loopback.
        """
        if text == "cbs":
            return cls(text, {host: f"https://{host}" for host in CBS_HOSTS})
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise _not_an_address(text) from error
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or "@" in parts.netloc:
            raise _not_an_address(text)
        if not _is_loopback(host):
            raise SettingsError(
                f"source {text!r} is not allowed: only CBS itself (`cbs`) and addresses on this machine are"
            )
        base = text.rstrip("/")
        return cls(base, {host: f"{base}/{host}" for host in CBS_HOSTS})

    @property
    def is_cbs(self) -> bool:
        """Tell whether this is CBS itself."""
        return self.text == "cbs"


def _not_an_address(text: str) -> SettingsError:
    return SettingsError(f"source {text!r} is not an address: use cbs, replica, or http://127.0.0.1:<port>")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class TransportSettings(BaseModel):
    """How patient the transport is; seconds and bytes.

    Args:
        connect_timeout_s: for a connection to stand.
        read_timeout_s: between two pieces of an answer.
        response_timeout_s: for one whole answer, however slowly it drips.
        attempts: how often one address is asked before it is an error.
        first_wait_s: before the second attempt; each later wait is twice as long, with as much jitter.
        longest_wait_s: no wait is longer, whatever the server asks for with Retry-After.
        max_response_bytes: of one answer, both as sent and unpacked.
        max_redirects: within the host that was asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_timeout_s: float = Field(default=10, gt=0)
    read_timeout_s: float = Field(default=60, gt=0)
    response_timeout_s: float = Field(default=300, gt=0)
    attempts: int = Field(default=5, ge=1)
    first_wait_s: float = Field(default=0.5, ge=0)
    longest_wait_s: float = Field(default=60, ge=0)
    max_response_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    max_redirects: int = Field(default=3, ge=0)


class _RetryableError(SourceError):
    """Something that may go well the next time; `wait_s` is what the server asked for (Retry-After)."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class HttpStatusError(SourceError):
    """The server answered with a status that is not success and that trying again does not change."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Sent:
    """An answer as it was sent, not looked at yet.

    Args:
        url: the address, after redirects.
        status: of HTTP.
        reason: what the server calls it.
        headers: of the answer.
        packed: its body.
    """

    url: str
    status: int
    reason: str
    headers: Mapping[str, str]
    packed: bytes


class Transport:
    """A pooled session to one address. Safe to use from several threads; at most four requests are in flight.

    For CBS the proxies and certificate bundles set in the environment are honoured, since users behind a
    proxy have no other way out; for an address on this machine they are not. No credentials are sent (netrc
    is not read), and no cookies are kept. Certificates are always verified.

    Args:
        address: where the services are.
        settings: time-outs, retries and limits.
    """

    def __init__(self, address: Address, settings: TransportSettings | None = None) -> None:
        self.address = address
        self.settings = settings or TransportSettings()
        self.requests_made = 0
        self._counter = threading.Lock()
        self._in_flight = threading.BoundedSemaphore(MAX_IN_FLIGHT)
        self._ahead = ThreadPoolExecutor(MAX_IN_FLIGHT, thread_name_prefix="vooruit")
        self._session = requests.Session()
        self._session.trust_env = address.is_cbs
        # An auth that adds nothing: without one, requests looks for credentials in netrc.
        self._session.auth = _no_credentials
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = "reintegratie (open benchmark of municipal re-integration)"
        self._session.headers["Accept-Encoding"] = "gzip"
        for base in self.address.base.values():
            self._session.mount(base, HTTPAdapter(pool_connections=3, pool_maxsize=MAX_IN_FLIGHT))
        self._wait = wait_exponential_jitter(
            multiplier=self.settings.first_wait_s,
            max=self.settings.longest_wait_s,
            jitter=self.settings.first_wait_s,
        )

    def __enter__(self) -> Self:
        """Give the transport itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pooled connections; what is asked ahead and no longer wanted is not begun."""
        self._ahead.shutdown(cancel_futures=True)
        self._session.close()

    def get_json(self, url: str) -> tuple[bytes, dict[str, Any]]:
        """Ask for a JSON object.

        Returns:
            the answer as sent, and parsed.

        Raises:
            SourceError: after all attempts: unreachable, broken, too large, or not a JSON object.
            HttpStatusError: the server refused (4xx, or a 5xx that does not pass).
        """
        return self.get_parsed(url, lambda content, link: (content, orjson_object(content, link)))

    def ask_ahead(self, url: str) -> Future[Sent]:
        """Ask for JSON now, in a thread beside, for a `get_parsed` later; once, without another try.

        It waits as it was sent: packed, a twentieth of what it holds.
        """
        return self._ahead.submit(self._fetch, url, _JSON)

    def get_parsed(self, url: str, parse: Callable[[bytes, str], _T], asked: Future[Sent] | None = None) -> _T:
        """Ask for JSON that something else reads.

        Args:
            url: the address.
            parse: reads an answer, given its address; that it is broken JSON is said with a JSONDecodeError, after
                which the address is asked again.
            asked: what `ask_ahead` gave for this address; it counts as the first attempt.

        Returns:
            what it was read as.

        Raises:
            SourceError, HttpStatusError: as `get_json`.
        """
        attempts = iter([] if asked is None else [asked])

        def content() -> bytes:
            first = next(attempts, None)
            return self._content(url, _JSON) if first is None else self._opened(first.result())

        return self._retrying(lambda: self._parsed(content(), url, parse))

    def get_text(self, url: str) -> str:
        """Ask for a plain text, such as a `$count`.

        Raises:
            SourceError, HttpStatusError: as `get_json`.
        """
        return self._retrying(lambda: self._content(url, "text/plain, */*").decode("utf-8-sig", errors="replace"))

    def _retrying(self, ask: Callable[[], _T]) -> _T:
        retrying = Retrying(
            retry=retry_if_exception_type(_RetryableError),
            stop=stop_after_attempt(self.settings.attempts),
            wait=self._seconds_to_wait,
            reraise=True,
        )
        return retrying(ask)

    def _seconds_to_wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_s if isinstance(error, _RetryableError) else None
        if asked is None:
            return self._wait(state)
        return min(max(asked, 0.0), self.settings.longest_wait_s)

    def _parsed(self, content: bytes, url: str, parse: Callable[[bytes, str], _T]) -> _T:
        try:
            return parse(content, url)
        except orjson.JSONDecodeError as error:
            raise _RetryableError(
                f"{url} answered with broken JSON ({error}); the answer was cut off or damaged. Run again later."
            ) from error

    def _content(self, url: str, accept: str) -> bytes:
        """Give the body of an answer that is not a web page (or Atom XML)."""
        return self._opened(self._fetch(url, accept))

    def _opened(self, sent: Sent) -> bytes:
        url, content_type = sent.url, sent.headers.get("Content-Type", "")
        content = self._unpacked(sent.packed, sent.headers.get("Content-Encoding", ""), url)
        self._check_status(sent, content)
        start = content[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
        if start.startswith(b"<"):
            # A page that says the service is being worked on has status 200 too, and passes.
            raise _RetryableError(
                f"{url} answered with {content_type or 'markup'} instead of JSON: "
                f"{start[:80].decode(errors='replace')!r}. "
                "The service may be down or the table withdrawn; look at the address in a browser."
            )
        return content

    def _fetch(self, url: str, accept: str) -> Sent:
        for _ in range(self.settings.max_redirects + 1):
            if not any(url.startswith(f"{base}/") for base in self.address.base.values()):
                raise SourceError(f"{url} is not under the address that was given ({self.address.text})")
            with self._in_flight:
                with self._counter:
                    self.requests_made += 1
                response, packed = self._fetch_once(url, accept)
            if response.status_code not in _HTTP_REDIRECTS:
                return Sent(url, response.status_code, response.reason, response.headers, packed)
            target = urljoin(url, response.headers.get("Location", ""))
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                raise SourceError(f"{url} redirects to another host ({target}); this is not followed. {_LOOK}")
            url = target
        raise SourceError(f"{url} redirects more than {self.settings.max_redirects} times. {_LOOK}")

    def _fetch_once(self, url: str, accept: str) -> tuple[requests.Response, bytes]:
        """Ask once: what the answer says of itself, and its body as sent; that of a redirect is not read."""
        timeouts = (self.settings.connect_timeout_s, self.settings.read_timeout_s)
        try:
            with self._session.get(
                url, headers={"Accept": accept}, stream=True, timeout=timeouts, allow_redirects=False
            ) as response:
                is_redirect = response.status_code in _HTTP_REDIRECTS
                return response, b"" if is_redirect else self._bounded(response, url)
        except requests.exceptions.SSLError as error:
            if any(isinstance(cause, ssl.SSLError) and cause.reason in _DAMAGED for cause in _causes(error)):
                raise _not_read(url, error) from error
            raise SourceError(
                f"{url} has no certificate this machine trusts ({_root_cause(error)}). Behind a proxy, "
                "name its certificates in REQUESTS_CA_BUNDLE; the check is not skipped."
            ) from error
        except _PASSING as error:
            raise _not_read(url, error) from error
        except requests.RequestException as error:
            raise SourceError(f"{url} could not be read: {error}") from error
        except OSError as error:
            # Before it connects, requests looks for the certificates that the environment names.
            raise SourceError(
                f"{url} was not asked: {error}. Look at REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment."
            ) from error

    def _bounded(self, response: requests.Response, url: str) -> bytes:
        """Read a body as sent, up to the limit."""
        limit, seconds = self.settings.max_response_bytes, self.settings.response_timeout_s
        parts, size = [], 0
        deadline = time.monotonic() + seconds
        # read1 gives what one call to the network brought, so that the time is looked at between slow drips. Unpacked
        # in one go afterwards: piece by piece, each would wait its turn among the threads that read pages.
        while part := response.raw.read1(_CHUNK, decode_content=False):
            size += len(part)
            if time.monotonic() > deadline:
                raise _RetryableError(f"{url} took more than {seconds:g} s to answer; run again later")
            if size > limit:
                raise _too_large(url, limit)
            parts.append(part)
        return b"".join(parts)

    def _unpacked(self, content: bytes, encoding: str, url: str) -> bytes:
        """Give a body as it was before it was packed, up to the limit."""
        # Nothing is nothing, however it is said to be packed: the status tells why.
        if not content or encoding.lower() in ("", "identity"):
            return content
        if encoding.lower() not in ("gzip", "x-gzip"):
            raise SourceError(f"{url} is packed as {encoding!r}, which was not asked. {_LOOK}")
        limit, parts, size = self.settings.max_response_bytes, [], 0
        # Gzip is one or more packages, one behind another.
        while content:
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | _GZIP)
            try:
                parts.append(unpacker.decompress(content, limit - size + 1))
            except zlib.error as error:
                raise _RetryableError(f"{url} could not be unpacked ({error}); run again later") from error
            size += len(parts[-1])
            if size > limit:
                raise _too_large(url, limit)
            if not unpacker.eof:
                raise _RetryableError(f"{url} ended before all of it had come; run again later")
            content = unpacker.unused_data
        return b"".join(parts)

    def _check_status(self, sent: Sent, content: bytes) -> None:
        url, status = sent.url, sent.status
        if status == _HTTP_OK:
            return
        said = content[:300].decode("utf-8", errors="replace").strip()
        message = f"{url} answered {status} {sent.reason}: {said!r}"
        is_passing = status == _HTTP_TOO_MANY or (
            status >= _HTTP_SERVER_ERROR and status != _HTTP_NOT_IMPLEMENTED and _TOO_MANY_ROWS not in content
        )
        if is_passing:
            raise _RetryableError(f"{message}. CBS may be busy or down; run again later.", _retry_after(sent.headers))
        raise HttpStatusError(message, status)


def orjson_object(content: bytes, url: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        SourceError: it is JSON, but no object.
        JSONDecodeError: it is no JSON.
    """
    parsed = orjson.loads(content)
    if not isinstance(parsed, dict):
        raise SourceError(f"{url} answered with a JSON {type(parsed).__name__} where an object was expected")
    return parsed


def _too_large(url: str, limit: int) -> SourceError:
    return SourceError(f"{url} answered with more than {limit} bytes; it is not read further. {_LOOK}")


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _not_read(url: str, error: BaseException) -> _RetryableError:
    return _RetryableError(
        f"{url} could not be read ({_root_cause(error)}). Check the connection; the download goes on where it stopped "
        "when you run again."
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and all that is in it: requests and urllib3 wrap it several times, and each in its own way."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and found not in seen:
            yield found
            seen.append(found)
            waiting += [found.__cause__, found.__context__, *found.args]


def _root_cause(error: BaseException) -> str:
    """Name the innermost error."""
    inner = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    said = f"{type(inner).__name__}: {inner}"
    return said if inner is error else f"{type(error).__name__}, {said}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds the server asks to wait, from a number or an HTTP date."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        # TypeError: a date without a time zone.
        return None
