"""Templates of messages, one module per area."""
