"""Background work that a page can follow and stop."""
