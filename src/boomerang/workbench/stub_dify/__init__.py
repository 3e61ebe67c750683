"""A stub of Dify's inner API over any connection, written from the protocol reference and captures of real servers."""
