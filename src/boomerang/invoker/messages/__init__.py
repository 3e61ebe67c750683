"""Messages of the library: an id with values, and the English template of each id, one module per area."""
