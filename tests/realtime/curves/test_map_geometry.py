"""The sizes that go with a frame and a network, computed by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realtime.curves.map_geometry import MapGeometry


def test_a_full_hd_frame_and_a_network_with_cells_of_four() -> None:
    geometry = MapGeometry.of((1920, 1080), map_size=256, stride=4, maps=1, curve="rational")
    assert geometry.cell == 8
    assert geometry.small_size_wh == (240, 135)
    assert (geometry.map_cell, geometry.map_size_wh) == (32, (60, 34))
    assert (geometry.border, geometry.map_border) == (8, 2)
    assert geometry.curves_size_wh == (64, 38)
    assert geometry.image_size_wh == (256, 152)  # 8 and 135 rounded up to 136, and 8


def test_a_network_that_keeps_the_size_has_a_border_of_four() -> None:
    geometry = MapGeometry.of((1280, 720), map_size=256, stride=1, maps=8, curve="quadratic")
    assert geometry.small_size_wh == geometry.map_size_wh == (256, 144)
    assert geometry.image_size_wh == geometry.curves_size_wh == (264, 152)


@given(
    width=st.integers(1, 8000),
    height=st.integers(1, 8000),
    map_size=st.integers(16, 4096),
    stride=st.integers(1, 8),
)
def test_maps_cover_the_frame_and_the_input_is_whole_cells(
    width: int, height: int, map_size: int, stride: int
) -> None:
    geometry = MapGeometry.of((width, height), map_size, stride, 1, "rational")
    assert max(geometry.small_size_wh) <= map_size
    cells = np.array(geometry.map_size_wh)
    assert (cells * geometry.map_cell >= (width, height)).all()
    assert ((cells - 1) * geometry.map_cell < (width, height)).all()
    assert (np.array(geometry.image_size_wh) == np.array(geometry.curves_size_wh) * stride).all()
    assert min(geometry.image_size_wh) >= 2 * geometry.border + 1
