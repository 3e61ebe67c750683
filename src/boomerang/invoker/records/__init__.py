"""Records of invocations: chunks with times, events, and metrics computed from them."""
