"""Draw an LLM's answer."""
