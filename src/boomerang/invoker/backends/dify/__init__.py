"""A real Dify as a back end: its inner API, called as Dify's plugin daemon calls it."""
