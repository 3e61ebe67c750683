"""Small models on this machine: which there are, and how each call is routed to one."""
