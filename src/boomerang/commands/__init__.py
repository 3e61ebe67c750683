"""The subcommands of `boomerang`, one module each; `cli` loads the one that is called."""
