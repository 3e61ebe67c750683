"""One HTTP exchange: connect, send, read, retry, cancel. Knows nothing of models."""
