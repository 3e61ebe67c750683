"""Small drawing tools that know nothing of runs."""
