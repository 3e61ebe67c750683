"""Ways to reach models; they know nothing of each other, of sessions, or of records."""
