"""Connections: settings, files, environment, addresses, what is saved, and trying them out."""
