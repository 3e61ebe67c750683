"""Generate code for a call: a Dify plugin, with its YAML, curl or httpx."""
