"""llama.cpp in a child process, and the prompts, grammars and parsers around it."""
