"""Who may see and control the preview, asked of one that really serves."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from .preview import VIEW, Visitor, plain_frame, serving

# Reaches out of a folder of files, if a request ever named one.
TRAVERSALS = [
    "/../sink.py",
    "/page/index.html",
    "/..%2f..%2fsink.py",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/....//....//etc/passwd",
    "//etc/passwd",
    "/preview.css/../../sink.py",
    "/preview.css%00.png",
    "/\\..\\sink.py",
    "/refused.html",
]


@pytest.fixture(scope="module")
def local() -> Iterator[Visitor]:
    with serving() as visitor:
        yield visitor


@pytest.fixture(scope="module")
def shared() -> Iterator[Visitor]:
    """A preview that other machines can reach, so that it asks for a token."""
    with serving("http://0.0.0.0:0") as visitor:
        yield visitor


def status(visitor: Visitor, path: str = "/", method: str = "GET", **headers: str) -> int:
    return visitor.request(path, method, b"" if method == "POST" else None, headers)[0].status


def test_the_page_and_its_parts_are_served_and_load_nothing_from_elsewhere(local: Visitor) -> None:
    for path, kind in [
        ("/", "text/html; charset=utf-8"),
        ("/preview.css", "text/css; charset=utf-8"),
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/stage.js", "text/javascript; charset=utf-8"),
        ("/controls.js", "text/javascript; charset=utf-8"),
        ("/connection.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ]:
        answer, body = local.request(path)
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert b"https://" not in body
        assert b"//" not in body.replace(b"http://www.w3.org/2000/svg", b"").replace(b"// ", b"")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_reaches_a_file(local: Visitor, path: str) -> None:
    answer, body = local.request(path)
    assert (answer.status, body) == (404, b"Not Found")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:9", 200),  # by way of a forwarded port
        ("[::1]:{port}", 200),
        ("attacker.example:{port}", 403),
        ("127.0.0.1.attacker.example", 403),
        ("localhost.attacker.example", 403),
        ("127.0.0.1@attacker.example", 403),
        ("", 403),
        ("[::1", 403),
    ],
)
def test_a_name_that_somebody_else_can_point_here_is_refused(
    local: Visitor, host: str, expected: int
) -> None:
    for path in ("/", "/snapshot.png", "/main.js"):
        answer = status(local, path, Host=host.format(port=local.port))
        assert answer == (expected if path != "/snapshot.png" or expected != 200 else 503)


@pytest.mark.parametrize(
    "origin", ["http://attacker.example", "http://127.0.0.1:1", "null", "", "http://127.0.0.1", None]
)
def test_what_comes_from_another_page_is_refused(local: Visitor, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    assert status(local, "/feedback", "POST", **headers) == 403
    request = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert status(local, "/frames", **request, **headers) == 403
    assert status(local, "/frames", **request, **local.origin) == 101


def test_without_the_token_nothing_is_shown(shared: Visitor) -> None:
    shared.sink.show(plain_frame())
    for path in ("/", "/snapshot.png", "/main.js", "/nowhere", "/?token=", "/?token=guess", "/?token=%C3%A9"):
        answer, body = shared.request(path)
        assert answer.status == 401
        assert b"token" in body
        assert "set-cookie" not in answer.headers
    assert status(shared, "/feedback", "POST", **shared.origin) == 401
    assert status(shared, "/preview.css") == 200  # for the looks of the page that says so
    with pytest.raises(InvalidStatus, match="403"), shared.watch():
        pass


def test_the_token_becomes_a_cookie_that_opens_everything(shared: Visitor) -> None:
    shared.sink.show(plain_frame())
    (token,) = parse_qs(urlsplit(shared.sink.url).query)["token"]
    answer, _ = shared.request(f"/?token={quote(token)}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    headers = {"Cookie": cookie.partition(";")[0]}
    assert status(shared, "/", **headers) == 200
    assert status(shared, "/snapshot.png", **headers) == 200
    assert status(shared, f"/snapshot.png?token={quote(token)}") == 200
    assert status(shared, "/", Cookie=headers["Cookie"][:-1]) == 401
    with shared.watch(headers) as watcher:
        watcher.send(**VIEW)
        assert watcher.frame()[0] >= 1


def test_every_run_has_a_token_of_its_own_that_its_name_does_not_tell() -> None:
    with serving("http://0.0.0.0:0") as one, serving("http://0.0.0.0:0") as other:
        tokens = [parse_qs(urlsplit(visitor.sink.url).query)["token"][0] for visitor in (one, other)]
        assert tokens[0] != tokens[1]
        assert min(map(len, tokens)) >= 22  # 128 bits
        assert tokens[0] not in one.sink.name
    with serving() as local:
        assert "token" not in local.sink.url
