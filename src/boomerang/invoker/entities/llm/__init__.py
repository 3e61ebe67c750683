"""Entities of LLM calls: requests, the chunks of a stream, and the results that a stream folds into."""
