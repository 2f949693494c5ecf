"""Serve a test picture and a tone over RTSP on loopback: `python3 rtsp_server.py PORT WIDTH HEIGHT`.

A tool of the tests, run by a Python that has GStreamer's RTSP server (in Debian: gir1.2-gst-rtsp-server-1.0,
gstreamer1.0-plugins-good, gstreamer1.0-plugins-ugly). It prints a line when it listens.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")

from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - their versions come first

PICTURE = (
    "( videotestsrc is-live=true ! video/x-raw,width={},height={},framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 "
    "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 )"
)

if __name__ == "__main__":
    port, width, height = sys.argv[1:]
    Gst.init(None)
    if Gst.ElementFactory.find("x264enc") is None:
        sys.exit("no x264enc")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PICTURE.format(width, height))
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/live", factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    GLib.MainLoop().run()
