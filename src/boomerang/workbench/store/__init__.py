"""The folders of saved data and of the app."""
