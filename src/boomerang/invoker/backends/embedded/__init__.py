"""Small models that run on this machine, and the routing of calls to them."""
