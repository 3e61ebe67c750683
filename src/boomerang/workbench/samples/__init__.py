"""Initial sample inputs of each page."""
