"""The interface over any back end: what is asked, the running call, its events, its errors. No UI, no storage."""
