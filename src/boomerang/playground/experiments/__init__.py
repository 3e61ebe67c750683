"""Controls and drawing of the experiments."""
