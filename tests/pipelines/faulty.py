"""A replica that can be told to send something else: an ASGI wrapper that rewrites answers.

A rule gets the address that was asked and the answer, and gives the answer to send: content, or status and content.
"""

import json
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Answer = bytes | tuple[int, bytes] | None
Rule = Callable[[str, bytes], Answer]
Change = Callable[[dict[str, Any]], None]


class Faulty:
    """The wrapper; `rules` are tried in turn, the first that gives something else than None is sent.

    Args:
        app: the replica.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.rules: list[Rule] = []
        self.data_pages = 0
        self.requests: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, collect)
        path = scope["path"] + "?" + scope["query_string"].decode()
        self.requests.append(path)
        if ("TypedDataSet?" in path or "Observations?" in path) and "$count" not in path:
            self.data_pages += 1
        status, content = start["status"], bytes(body)
        for rule in self.rules:
            given = rule(path, content)
            if given is not None:
                status, content = given if isinstance(given, tuple) else (status, given)
                break
        headers = [h for h in start["headers"] if h[0] != b"content-length"]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def on(part: str, change: Change) -> Rule:
    """Rewrite the JSON of every answer whose address contains `part`."""

    def rule(path: str, content: bytes) -> Answer:
        if part not in path or "$count" in path:
            return None
        answer = json.loads(content)
        change(answer)
        return json.dumps(answer).encode()

    return rule


def instead(part: str, status: int, content: bytes) -> Rule:
    """Send this whenever the address contains `part`."""
    return lambda path, _: (status, content) if part in path else None


def changed_table(tabel_id: str) -> Rule:
    """Let a table say that it changed, so that it is downloaded again; other rules go on."""

    def change(answer: dict[str, Any]) -> None:
        record = answer["value"][0] if "value" in answer else answer
        record["Modified"] = "2026-11-22T02:00:00"

    def rule(path: str, content: bytes) -> Answer:
        if f"/{tabel_id}/" not in path or not ("TableInfos" in path or "/Properties" in path):
            return None
        return on("", change)(path, content)

    return rule
