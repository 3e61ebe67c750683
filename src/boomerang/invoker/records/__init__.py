"""One call as it happened: its chunks with times, and the numbers worked out of it."""
