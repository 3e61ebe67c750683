"""Pure functions that compare and measure results. Nothing here draws, opens files or invokes models."""
