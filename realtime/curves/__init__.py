"""Curve maps: estimated on a small copy of a frame, smoothed over time, applied at full size."""
