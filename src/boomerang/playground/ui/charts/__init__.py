"""Charts in one style; each offers its data as a table too."""
