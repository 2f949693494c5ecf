"""Many files at once: which, into what, and which of them are done."""
