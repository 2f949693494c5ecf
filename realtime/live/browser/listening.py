"""Where the preview listens: its address, as a user writes it, and the socket."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import OutputError
from ..address import without_secrets

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080

_ADVICE = "use 127.0.0.1 for this machine alone, or 0.0.0.0 for the whole network"


@dataclass(frozen=True, slots=True)
class Address:
    """A host, as a name or as numbers without brackets, and a TCP port; port 0 is any that is free."""

    host: str
    port: int

    @classmethod
    def from_text(cls, text: str) -> Address:
        """Read `http://HOST:PORT`; both may be left out.

        Raises:
            OutputError: It is more or something else than that.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as exc:
            raise OutputError(f"{without_secrets(text)} has no valid host or port; {_ADVICE}") from exc
        if parts.scheme != "http" or "@" in parts.netloc or parts.path not in ("", "/") or parts.query:
            shown = without_secrets(text)
            raise OutputError(f"a browser preview is http://HOST:PORT and nothing more, not {shown}")
        return cls(parts.hostname or DEFAULT_HOST, DEFAULT_PORT if port is None else port)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or (is_number(self.host) and _number(self.host).is_loopback)

    @property
    def url(self) -> str:
        """What to open in a browser of another machine, or of this one if no other can reach it."""
        host = self.host
        if is_number(host) and _number(host).is_unspecified:
            host = _own_number(socket.AF_INET6 if ":" in host else socket.AF_INET)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def listen(address: Address) -> tuple[socket.socket, Address]:
    """Open the socket; return it with the address, its port known.

    Raises:
        OutputError: The address is not this machine's, or the port is taken or not allowed.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as exc:
        raise OutputError(f"{address.host} is not known here; {_ADVICE}") from exc
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(64)
    except OSError as exc:
        listener.close()
        raise OutputError(_reason(exc, address)) from exc
    return listener, Address(address.host, listener.getsockname()[1])


def is_number(host: str) -> bool:
    """Whether a host is an IP address in numbers, without brackets."""
    try:
        _number(host)
    except ValueError:
        return False
    return True


def _reason(error: OSError, address: Address) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {address.port} of {address.host} is in use; choose another"
        case errno.EADDRNOTAVAIL:
            return f"{address.host} is not an address of this machine; {_ADVICE}"
        case errno.EACCES:
            return f"port {address.port} is reserved for the administrator; choose one of 1024 or more"
    return f"cannot listen at {address.url} ({error.strerror}); choose another address"


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host.partition("%")[0])


def _own_number(family: socket.AddressFamily) -> str:
    """Return this machine's address on the network; nothing is sent to find it."""
    elsewhere = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"  # reserved for documentation
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
