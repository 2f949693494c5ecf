"""Who may see the preview, and from where it may be controlled.

A page of another site that is open in the same browser can send requests here. It cannot read the answers,
unless its name is made to point here (DNS rebinding), which the `Host` header gives away; and its requests
say whence they come in the `Origin` header, which has to be this preview itself where anything is changed.
"""

from __future__ import annotations

import secrets
import socket
from http import HTTPStatus
from importlib import resources
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .listening import Address, is_number

# Nothing is loaded from elsewhere or embedded elsewhere, and the address, with the token, is told to nobody.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_LOOKS = ("/preview.css", "/icon.svg")  # of the page that refuses, too


class Gate:
    """ASGI middleware that lets through what may pass, and answers the rest itself.

    Whoever opens the page with the token in its address, `/?token=…`, gets it as a cookie and is sent to `/`.
    """

    def __init__(self, app: ASGIApp, *, address: Address, token: str | None) -> None:
        """Guard an application.

        Args:
            app: What to guard.
            address: Where it listens.
            token: What a browser has to present; None to let in all that reach the address.
        """
        self._app = app
        self._token = token
        self._cookie = f"zerodce-preview-{address.port}"  # browsers do not keep cookies apart by port
        self._names = frozenset({"localhost", address.host.lower(), *_own_names()})
        self._refused = resources.files(__package__).joinpath("page/refused.html").read_text("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        answer = self._own_answer(HTTPConnection(scope))
        if answer is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: status 403
        else:
            await answer(scope, receive, _with_headers(send))

    def _own_answer(self, connection: HTTPConnection) -> Response | None:
        """Return the answer to a request that goes no further."""
        headers, method = connection.headers, connection.scope.get("method")
        if not self._is_own_name(headers.get("host", "")):
            return _refusal("The preview does not go by this name: use its address in numbers.")
        if method not in ("GET", "HEAD") and not _is_same_origin(headers):
            return _refusal("Only the preview's own page may do this.")
        if self._is_admitted(connection):
            return None
        token = connection.query_params.get("token", "")
        if not self._is_token(token):
            return HTMLResponse(self._refused, HTTPStatus.UNAUTHORIZED)
        if connection.url.path != "/":
            return None
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        # Lax, so that the address works as a link in a message; what changes anything asks for the origin.
        answer.set_cookie(self._cookie, token, httponly=True, samesite="lax")
        return answer

    def _is_admitted(self, connection: HTTPConnection) -> bool:
        if self._token is None or connection.url.path in _LOOKS:
            return True
        return self._is_token(connection.cookies.get(self._cookie, ""))

    def _is_own_name(self, host_and_port: str) -> bool:
        """Whether a host is this machine. No name that somebody else can point here is numeric."""
        try:
            host = urlsplit(f"//{host_and_port}").hostname or ""
        except ValueError:
            return False
        return host in self._names or is_number(host)

    def _is_token(self, text: str) -> bool:
        return self._token is not None and secrets.compare_digest(text.encode(), self._token.encode())


def new_token() -> str:
    """Return a token that cannot be guessed: 128 random bits."""
    return secrets.token_urlsafe(16)


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local"}


def _is_same_origin(headers: Headers) -> bool:
    host, origin = headers.get("host", ""), headers.get("origin", "")
    return origin in (f"http://{host}", f"https://{host}")


def _refusal(reason: str) -> Response:
    return PlainTextResponse(f"{reason}\n", HTTPStatus.FORBIDDEN)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return send_with_headers
