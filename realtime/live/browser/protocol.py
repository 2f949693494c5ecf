"""The connections of the preview: few, and none for those who ask for nothing.

Whoever reaches the address can connect, without the token too. Connections count as open files, of which a
process may have so many: too many would keep a camera from being opened again.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MOST_CONNECTIONS = 64
_REQUEST_S = 10.0


class Protocol(H11Protocol):
    """Uvicorn's HTTP, which hangs up on those who are too many, and on those who take too long to ask."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(cast(asyncio.Transport, transport))
        if len(self.connections) > MOST_CONNECTIONS:
            self.transport.abort()
        else:
            self._wait_for_another(None)

    def _wait_for_another(self, latest: RequestResponseCycle | None) -> None:
        self.loop.call_later(_REQUEST_S, self._close_without_another, latest)

    def _close_without_another(self, latest: RequestResponseCycle | None) -> None:
        """Hang up if no request has followed the latest one, and that is answered."""
        if self not in self.connections:  # it is closed, or a WebSocket
            return
        if self.cycle is latest and (latest is None or latest.response_complete):
            self.transport.close()
        else:
            self._wait_for_another(self.cycle)
