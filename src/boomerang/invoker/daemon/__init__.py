"""Pure functions about Dify's plugin daemon: what it would send for a call, and what it changes in an answer."""
