"""One module per type of call that the embedded models answer."""
