"""Ways to reach models; none imports another."""
