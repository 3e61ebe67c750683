"""The subcommands of `boomerang`, one module each; `cli` imports the one that runs."""
