"""Child processes: framed pipes, group kill, bounded waits."""
