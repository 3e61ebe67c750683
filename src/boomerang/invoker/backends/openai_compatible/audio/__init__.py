"""Text to speech and speech to text, in the formats that servers send."""
