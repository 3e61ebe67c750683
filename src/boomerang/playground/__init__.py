"""The Streamlit side: draws records, starts runs."""
