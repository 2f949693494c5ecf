"""Measure speed: of the product alone, beside its peers, and as it grows with the work."""
