"""Find and mask secrets in requests and responses."""
