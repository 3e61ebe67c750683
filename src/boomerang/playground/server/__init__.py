"""What our web server adds to Streamlit: access, identity, headers, live audio, clean-up."""
