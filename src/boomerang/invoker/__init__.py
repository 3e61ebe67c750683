"""Dify's model interface over any back end: requests, runs, events, errors. No UI, no storage."""
