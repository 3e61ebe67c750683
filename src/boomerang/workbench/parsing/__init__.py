"""Parse pasted or uploaded input: JSON, tools, Python functions, tables of texts."""
