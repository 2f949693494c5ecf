"""Video in files, with all its tracks: decoded, enhanced, encoded, and gone on with after an interruption."""
