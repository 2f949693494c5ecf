"""Frames as the enhancer sees them: samples, and the colours that they stand for."""
