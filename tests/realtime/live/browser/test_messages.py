from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.live.browser.messages import Change, Drawn, Message, View, message_from

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = (
    "type",
    "frame",
    "busy_ms",
    "held",
    "long_side",
    "original",
    "paused",
    "strength",
    "smoothing_s",
    "estimate_every",
    "denoise",
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type": "drawn", "frame": 7, "busy_ms": 3}', Drawn(frame=7, busy_ms=3.0)),
        ('{"type": "view", "long_side": 0, "original": false}', View(long_side=0, original=False)),
        ('{"type": "settings", "strength": 1}', Change(strength=1.0)),
        (
            '{"type": "settings", "smoothing_s": 0.25, "estimate_every": 4}',
            Change(smoothing_s=0.25, estimate_every=4),
        ),
        ('{"type": "settings", "estimate_every": "auto"}', Change(estimate_every="auto")),
        ('{"type": "settings", "denoise": false}', Change(denoise=False)),
    ],
)
def test_messages_are_read(text: str, message: Message) -> None:
    assert message_from(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "[]",
        "{}",
        '{"type": []}',
        '{"type": "drawn"}',
        '{"type": "drawn", "frame": 1}',
        '{"type": "drawn", "frame": true, "busy_ms": 1}',
        '{"type": "drawn", "frame": 1.5, "busy_ms": 1}',
        '{"type": "view", "held": "1"}',
        '{"type": "view", "long_side": 5000}',
        '{"type": "view", "paused": 1}',
        '{"type": "settings", "strength": "1"}',
        '{"type": "settings", "strength": true}',
        '{"type": "settings", "estimate_every": 1.5}',
        '{"type": "settings", "smoothing_s": 1' + 400 * "0" + "}",
        '{"type": "settings", "model": "/etc/passwd"}',
        1000 * "[",
        '{"type": "drawn", "frame": 1, "busy_ms": 1}' + 1024 * " ",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"message|long_side|JSON|Expecting"):
        message_from(text)


@given(st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(("drawn", "view", "settings"))) | JSON)
def test_whatever_comes_is_a_message_or_refused(value: object) -> None:
    try:
        message = message_from(json.dumps(value))
    except ValueError:
        return
    assert isinstance(message, Drawn | View | Change)
