"""`session.model.<name>.invoke`, one module each: Dify's signature in, a request out, a stream or its fold back."""
