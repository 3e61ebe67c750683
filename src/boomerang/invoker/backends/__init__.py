"""Back ends; none imports another."""
