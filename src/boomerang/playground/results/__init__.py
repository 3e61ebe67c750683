"""One module or folder per model type; each draws a record."""
