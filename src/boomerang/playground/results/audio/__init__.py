"""Results of speech synthesis and speech recognition."""
