"""The call as code: for a Dify plugin, curl or httpx."""
