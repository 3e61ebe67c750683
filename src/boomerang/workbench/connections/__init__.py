"""Configured back ends with a name: where they come from, how they are opened, tested and saved."""
