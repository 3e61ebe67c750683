"""A server with OpenAI's HTTP interface."""
