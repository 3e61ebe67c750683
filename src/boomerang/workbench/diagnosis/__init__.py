"""Map errors to causes and advice, in one place."""
