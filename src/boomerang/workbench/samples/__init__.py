"""What each page is filled with at first."""
