"""Messages about loading records."""

TEMPLATES = {
    "records.version": "The record has version {found}; this Boomerang reads version {known}.",
    "records.unreadable": "This is not a readable record: {fault}",
}
