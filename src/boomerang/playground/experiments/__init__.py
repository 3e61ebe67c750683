"""Controls and results of the experiments."""
