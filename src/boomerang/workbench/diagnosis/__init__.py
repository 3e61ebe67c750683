"""Error → cause → advice, in one place."""
