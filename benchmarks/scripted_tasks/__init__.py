"""The ten scripted tasks: what a person does on the pages, and how it is counted."""
