"""Measure the product: speed on this machine, with results that others can compare."""
