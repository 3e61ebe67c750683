"""Generate code for a call: a Dify plugin, curl or httpx."""
