"""The live preview in a browser: the picture before and after, its settings and its figures.

    sink ─► feed ─┬─► client ─► page
                  └─► client ─► page

A client takes the newest frame when its page is ready for it. Frames are encoded once for all, and only if
anyone looks.

Everything but `BrowserSink.show` runs in the event loop of one thread.
"""
