"""From bytes to items, and from a socket to bytes, step by step; knows nothing of models."""
