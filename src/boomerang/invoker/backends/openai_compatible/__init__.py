"""Servers with OpenAI's HTTP interface."""
