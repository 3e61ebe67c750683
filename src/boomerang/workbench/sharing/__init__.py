"""Forms as files that another person opens."""
