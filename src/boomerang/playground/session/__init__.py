"""What is kept: per process, per visitor, per page, in the address."""
