"""Draft messages, their attachments, and mock tool results."""
