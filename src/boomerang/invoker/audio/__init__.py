"""What an audio file is and what is in it; samples out of it and MP3 into it. Knows nothing of models."""
