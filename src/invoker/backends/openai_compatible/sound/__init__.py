"""Text to speech and speech to text, in the shapes that servers send."""
