"""The sink that serves the preview."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import uvicorn

from ..frame import EnhancedFrame
from ..session import LiveSession
from .access import Gate, new_token
from .application import Preview
from .feed import Feed
from .feedback import FeedbackFolder
from .listening import Address, listen
from .protocol import MOST_CONNECTIONS, Protocol

log = logging.getLogger(__name__)

_TELL_S = 1.0  # for the viewers to hear of the end
_STOP_S = 5.0
_LONGEST_MESSAGE = 4096


class BrowserSink:
    """Serves a page that shows the frames; see `Sink`.

    Any number of browsers may look, each as fast as it can. Without any, a frame costs next to nothing.

    Attributes:
        name: Its address.
        url: What to open in a browser. It holds the token, if there is one.
    """

    def __init__(self, address: str, session: LiveSession, *, feedback: Path | None = None) -> None:
        """Start to serve, and say where.

        Args:
            address: `http://HOST:PORT`. Unless only this machine can reach the host, a token is asked for.
            session: The run to show and to control.
            feedback: Folder for what viewers think; None asks for no opinion.

        Raises:
            OutputError: The address cannot be listened at, or the folder cannot be made.
        """
        folder = FeedbackFolder(feedback) if feedback else None
        self._socket, self._address = listen(Address.from_text(address))
        token = None if self._address.is_loopback else new_token()
        self.name = self._address.url.rstrip("/")
        self.url = f"{self._address.url}?token={token}" if token else self._address.url
        self._feed = Feed()
        application = Preview(self._feed, session, folder).application()
        self._server = uvicorn.Server(
            uvicorn.Config(
                Gate(application, address=self._address, token=token),
                http=Protocol,
                backlog=MOST_CONNECTIONS,  # so many are accepted at a time before any is looked at
                lifespan="off",
                ws="websockets-sansio",
                ws_max_size=_LONGEST_MESSAGE,
                ws_per_message_deflate=False,  # JPEG does not get any smaller
                log_config=None,
                log_level=logging.CRITICAL,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="browser preview", daemon=True)
        self._thread.start()
        log.info("preview at %s", self.url)

    @property
    def viewers(self) -> int:
        """How many pages are connected."""
        return self._feed.clients

    def show(self, frame: EnhancedFrame) -> None:
        """Show a frame to whoever is ready for it."""
        self._feed.publish(frame)

    def close(self) -> None:
        """Tell the viewers and stop; may be called again."""
        self._feed.end(_TELL_S)
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        self._feed.close()
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._serve_until_closed())

    async def _serve_until_closed(self) -> None:
        self._feed.attach(asyncio.get_running_loop())
        await self._server.serve(sockets=[self._socket])
