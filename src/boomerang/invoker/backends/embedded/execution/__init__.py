"""Worker threads, queueing and model lifecycle: a model is loaded once, used by one run at a time, and can be stopped."""
