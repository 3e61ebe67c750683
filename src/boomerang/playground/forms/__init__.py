"""Fields of a form, and the pickers of connection and model."""
