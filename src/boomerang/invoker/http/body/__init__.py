"""Decode a response body: decompression, charset, JSON, server-sent events."""
