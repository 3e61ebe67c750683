"""Read the fields of a response in the formats that servers send, and report what is missing or odd."""
