"""Messages under edit, their files, and mock results of tools."""
