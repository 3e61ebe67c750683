"""Work in the background that a page can watch and stop."""
