"""Additions to Streamlit's web server: access, identity, headers, live audio, cleanup."""
