"""Where enhanced frames go, and which sink an address means."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from ..errors import OutputError
from ..options import EncoderOptions, FileOptions
from .address import output_kind, without_secrets
from .frame import EnhancedFrame
from .session import LiveSession
from .sound import Sound


class Sink(Protocol):
    """Shows the frames of one live run, each in turn, or the newest ones if it is slow.

    It is opened by the main thread and used by one other, which also closes it.

    Attributes:
        name: What to call it in messages and figures; no secrets.
    """

    name: str

    def show(self, frame: EnhancedFrame) -> None:
        """Show a frame; may take as long as it needs, and then misses the frames in between.

        Raises:
            LostOutputError: It is gone for now; the next call tries anew.
            OutputError: It is gone for good.
        """

    def close(self) -> None:
        """Finish and let go; may be called again.

        Raises:
            OutputError: What was shown last may be lost.
        """


@runtime_checkable
class InteractiveSink(Sink, Protocol):
    """A sink that has something to do while no frame comes, such as heeding keys."""

    def idle(self) -> None:
        """Do it, soon; called several times a second while no frame comes, by the thread that shows."""


@runtime_checkable
class SoundSink(Sink, Protocol):
    """A sink that keeps the sound, too, if the first frame that it was shown has any."""

    def hear(self, sound: Sound) -> None:
        """Keep a piece, of about the time of the frame that was shown last; called by the thread that shows.

        Raises:
            LostOutputError: As `show` does.
            OutputError: As `show` does.
        """


class NullSink:
    """Shows nothing: to measure, or to try a source; see `Sink`."""

    name = "null://"

    def show(self, frame: EnhancedFrame) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def open_sink(
    address: str,
    session: LiveSession,
    encoder_options: EncoderOptions,
    file_options: FileOptions,
    *,
    feedback: Path | None = None,
) -> Sink:
    """Open what an address means.

    Args:
        address: `display://` for a window, `v4l2:///dev/videoN` for a virtual camera, `rtsp://…` to publish,
            `http://HOST:PORT` for a browser preview, `null://`, or the path of a video file to record.
        session: The run that the sink is part of, for its settings and figures.
        encoder_options: How to encode.
        file_options: Whether to replace a file that exists.
        feedback: Folder for what the viewers of a browser preview think; None asks for no opinion.

    Raises:
        OutputError: The address is of no sink, or cannot be opened.
    """
    match output_kind(address):
        case "null":
            return NullSink()
        case "display":
            from .display import DisplaySink  # noqa: PLC0415 - OpenCV

            return DisplaySink(session)
        case "virtual camera":
            from .virtual_camera import VirtualCameraSink  # noqa: PLC0415 - pyvirtualcam

            return VirtualCameraSink(Path(address.removeprefix("v4l2://")))
        case "publish":
            from .publishing import PublishingSink  # noqa: PLC0415 - PyAV's network

            return PublishingSink(address)
        case "file":
            from .recording import RecordingSink  # noqa: PLC0415 - PyAV's encoders

            return RecordingSink(Path(address), encoder_options, overwrite=file_options.overwrite)
        case "browser":
            from .browser.sink import BrowserSink  # noqa: PLC0415 - the web server

            return BrowserSink(address, session, feedback=feedback)
    raise OutputError(
        f"{without_secrets(address)} is not an output that is known; see zerodce-enhance --help"
    )
