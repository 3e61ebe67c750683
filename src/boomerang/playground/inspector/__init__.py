"""The tabs under a result."""
