"""One module per kind of call that the embedded models answer."""
