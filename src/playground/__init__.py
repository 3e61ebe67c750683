"""The Streamlit side: pages draw records, and a button only makes one."""
