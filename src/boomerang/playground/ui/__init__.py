"""Drawing helpers that do not depend on runs."""
