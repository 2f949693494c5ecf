"""Enhance low-light video: frames in, frames out."""
