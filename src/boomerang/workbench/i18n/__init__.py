"""Translate the page's and the library's messages; the catalogues."""
