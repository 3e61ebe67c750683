"""Chat and completions in servers' formats: events, message fields, tool calls, and fields to send back."""
