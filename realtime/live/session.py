"""What the parts of one live run share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .settings import LiveSettings
from .stats import LiveStats


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """Handed to every sink, so that a window or a page can show figures, change settings and end the run.

    Attributes:
        settings: What the enhancer is to do; changes take effect with the next frame.
        stats: What was done so far.
        ending: Set by whoever wants the run to end.
    """

    settings: LiveSettings = field(default_factory=LiveSettings)
    stats: LiveStats = field(default_factory=LiveStats)
    ending: threading.Event = field(default_factory=threading.Event)
