"""The script that Streamlit runs for every page, and the navigation."""
