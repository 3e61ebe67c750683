"""Messages of the library: an id with values, and in `areas/` the English template of each id."""
