"""Take noise away before it is made brighter."""
