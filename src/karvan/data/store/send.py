"""Sending a request: the key is put in at the last moment, below everything that logs, and only to its own host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus
from urllib.request import getproxies, proxy_bypass

from karvan._version import __version__
from karvan.core.errors import SourceError
from karvan.data.store.places import library
from karvan.data.store.request import SECRET, Request

if TYPE_CHECKING:
    import httpx

# An identity encoding keeps the byte counts that a resumed download needs.
HEADERS = {"User-Agent": f"karvan/{__version__}", "Accept-Encoding": "identity"}
KEY = "karvan.key"
SHORTEST = 8  # a shorter word could not be told from data where an owner repeats it


def key_for(request: Request, home: str = "") -> str:
    """Return the key of a request from the environment, "" when it needs none.

    Raises
    ------
    SourceError
        The variable is not set, or holds what cannot be a key. The message never holds the key.
    """
    if not request.secret:
        return ""
    key = os.environ.get(request.secret, "").strip()
    if not key:
        where = f" (a key is given out at {home})" if home else ""
        raise SourceError(f"needs a key: set the environment variable {request.secret}{where}")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise SourceError(f"the environment variable {request.secret} holds characters that no key has")
    if len(key) < SHORTEST:
        raise SourceError(f"the environment variable {request.secret} is too short to hold a key")
    return key


def forms(key: str) -> set[str]:
    """Return the ways in which a key may stand in an address or in JSON."""
    return {key, quote(key), quote_plus(key), quote(key, safe=""), key.replace("/", r"\/")} if key else set()


def without(text: str, key: str) -> str:
    """Return a text with the key taken out, however it is written."""
    for form in forms(key):
        text = text.replace(form, SECRET)
    return text


def direct(url: httpx.URL, made: dict[str, Any]) -> httpx.BaseTransport:
    """Return the transport for an address: through the proxy that the environment states, else straight."""
    httpx = library("httpx")
    proxy = "" if proxy_bypass(url.host) else getproxies().get(url.scheme, "")
    if proxy not in made:
        made[proxy] = httpx.HTTPTransport(proxy=proxy or None)
    return made[proxy]


def client() -> httpx.Client:
    """Return a client that follows redirects and puts keys in when it sends."""
    httpx = library("httpx")
    timeout = httpx.Timeout(60.0, connect=15.0)
    return httpx.Client(transport=_keyed(), headers=HEADERS, follow_redirects=True, timeout=timeout)


def keyed(request: Request, key: str) -> dict[str, Any]:
    """Return the extensions that tell the client's transport which key goes to which host."""
    httpx = library("httpx")
    return {KEY: (key, _origin(httpx.URL(request.url)))} if key else {}


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _keyed() -> httpx.BaseTransport:
    httpx = library("httpx")

    class Keyed(httpx.BaseTransport):  # type: ignore[name-defined]
        def __init__(self) -> None:
            self.made: dict[str, Any] = {}

        def handle_request(self, request: Any) -> Any:
            key, origin = request.extensions.get(KEY, ("", None))
            put = key if _origin(request.url) == origin else ""
            answer = direct(request.url, self.made).handle_request(_with_key(request, put))
            headers = [(name, without(value, key)) for name, value in answer.headers.multi_items()]
            return httpx.Response(
                answer.status_code, headers=headers, stream=answer.stream, extensions=answer.extensions
            )

        def close(self) -> None:
            for transport in self.made.values():
                transport.close()

    return Keyed()


def _with_key(request: httpx.Request, key: str) -> httpx.Request:
    """Return the request as it is sent: the key in the place of SECRET, or what holds SECRET left out."""
    httpx = library("httpx")
    params = [(n, v.replace(SECRET, key)) for n, v in request.url.params.multi_items() if key or SECRET not in v]
    headers = [(n, v.replace(SECRET, key)) for n, v in request.headers.multi_items() if key or SECRET not in v]
    url = request.url.copy_with(params=params) if SECRET in str(request.url.params.multi_items()) else request.url
    extensions = {name: value for name, value in request.extensions.items() if name != KEY}
    return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
