"""The page around every page; the script that Streamlit runs, and the navigation."""
