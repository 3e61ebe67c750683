"""Audio files: detect, check, decode, resample, encode as MP3. Knows nothing about models."""
