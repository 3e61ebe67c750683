"""Where saved things are kept, and where the app itself lies."""
