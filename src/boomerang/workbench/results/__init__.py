"""What a record says, read out without drawing it."""
