"""Find and mask secrets in what is sent and received."""
