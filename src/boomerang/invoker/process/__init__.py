"""A child process: pipes, group kill, bounded waits."""
