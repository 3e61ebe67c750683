"""Chat and completions as servers write them: events, the fields of a message, tool calls, and what is sent back."""
