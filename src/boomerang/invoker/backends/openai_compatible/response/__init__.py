"""Read the fields of a response in servers' formats, and report what is missing or odd."""
