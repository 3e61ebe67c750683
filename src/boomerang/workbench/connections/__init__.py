"""Named, configured back ends: their sources, and how to open, test and save them."""
