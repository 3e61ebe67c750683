"""Parse what a person pastes or uploads: JSON, tools, Python functions, tables of texts."""
