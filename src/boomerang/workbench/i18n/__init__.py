"""Translation of messages of the pages and the library, and the catalogues."""
