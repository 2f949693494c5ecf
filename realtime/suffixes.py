"""What the suffixes of files stand for. Nothing heavy is imported."""

from __future__ import annotations

JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".jif")

# Images that are written; a file of such a name is an image, whatever it is to become.
STILL_SUFFIXES = (".png", *JPEG_SUFFIXES, ".webp", ".bmp", ".tif", ".tiff")

# Images that are read alone, and the suffix that is put behind their names in a folder.
UNWRITTEN_STILLS = {
    **dict.fromkeys((".mpo", ".heic", ".heif", ".hif"), ".jpg"),
    **dict.fromkeys((".avif", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"), ".png"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".dib", ".pcx", ".sgi", ".qoi"), ".png"),
}

# Images that are also read as videos.
ANIMATED = (".gif", ".apng")

# What is looked for in folders; a single file may have any name.
VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".vob", ".m2v",
    ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ogv", ".rm", ".rmvb", ".dv", ".mxf", ".divx", ".y4m",
)  # fmt: skip

# FFmpeg's muxers of the videos that are written. All keep time as exactly as Matroska, or better.
MUXERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".3gp": "3gp",
    ".mkv": "matroska",
    ".webm": "webm",
    ".ts": "mpegts",
    ".m2ts": "mpegts",
    ".mts": "mpegts",
}
