"""Form fields and the pickers for connection and model."""
