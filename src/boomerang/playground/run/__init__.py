"""One run on a page: start, watch, status, error, metrics."""
