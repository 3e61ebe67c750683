"""An audio file to send."""
