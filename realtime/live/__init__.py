"""Live video: cameras and streams in; windows, virtual cameras, streams and recordings out.

A frame goes this way, and no lag can grow on it: each arrow is a mailbox that holds the newest frame alone.

    capture ─► source ─► enhancer (the caller's thread) ─┬─► outlet ─► sink
    (thread)                                             └─► outlet ─► sink   (a thread each)
"""
