"""`session.model.<name>.invoke`, one module each: Dify's signature, which builds a request and returns its stream or fold."""
