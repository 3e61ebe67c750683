"""What stands between the network and Streamlit: who may ask (`access`)."""
