from __future__ import annotations

import socket

import pytest

from realtime.errors import OutputError
from realtime.live.browser.listening import Address, listen


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080),
        ("http://:9000", "127.0.0.1", 9000),
        ("http://0.0.0.0", "0.0.0.0", 8080),
        ("http://[::1]:80/", "::1", 80),
        ("HTTP://Cellar:0", "cellar", 0),
    ],
)
def test_addresses_are_read_and_default_to_this_machine_alone(text: str, host: str, port: int) -> None:
    assert Address.from_text(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "https://127.0.0.1:8080",
        "http://127.0.0.1:8080/page",
        "http://127.0.0.1:8080?token=x",
        "http://me:secret@127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:eighty",
        "http://[::1",
    ],
)
def test_other_addresses_are_refused_without_repeating_secrets(text: str) -> None:
    with pytest.raises(OutputError, match=r"http|port") as caught:
        Address.from_text(text)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.4", False),
        ("localhost.example.org", False),
    ],
)
def test_only_loopback_addresses_count_as_such(host: str, is_loopback: bool) -> None:
    assert Address(host, 80).is_loopback is is_loopback


def test_the_url_can_be_opened() -> None:
    assert Address("::1", 80).url == "http://[::1]:80/"
    assert Address("localhost", 80).url == "http://localhost:80/"
    assert "0.0.0.0" not in Address("0.0.0.0", 80).url
    assert "[::]" not in Address("::", 80).url


def test_a_free_port_is_found_and_reported() -> None:
    listener, address = listen(Address("127.0.0.1", 0))
    with listener, socket.create_connection(("127.0.0.1", address.port)):
        assert address.host == "127.0.0.1"
        assert address.port > 0


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OutputError, match=f"^port {port} of 127.0.0.1 is in use; choose another$"):
            listen(Address("127.0.0.1", port))


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("192.0.2.1", "not an address of this machine"),
        ("no-such-host.invalid", "not known here"),
        ("a" * 80, "not known here"),
    ],
)
def test_a_bad_host_is_named(host: str, reason: str) -> None:
    with pytest.raises(OutputError, match=f"^{host} is {reason}; use 127.0.0.1"):
        listen(Address(host, 0))
