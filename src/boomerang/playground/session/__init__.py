"""State per process, per visitor and per page, and form fields in the URL."""
