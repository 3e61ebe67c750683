"""The tester's tools that need no screen: connections, runs, diagnosis, code generation, samples, translation."""
