"""What a tester works with and needs no screen for: connections, runs, diagnosis, code, samples, translation."""
