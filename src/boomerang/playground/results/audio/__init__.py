"""Draw speech and transcripts."""
