"""HTTP exchanges: connect, send, read, retry, cancel. Knows nothing about models."""
