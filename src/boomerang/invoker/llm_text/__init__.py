"""Tools for the text of LLMs: reasoning tags, JSON and its schema, summaries in pieces."""
