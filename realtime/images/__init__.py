"""Images in files: of 8 and 16 bits, animations and pages, and what comes with them."""
