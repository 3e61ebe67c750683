"""Special care for very small LLMs; other back ends need none of it."""
