"""What stands between the network and Streamlit: who may ask (`access`), and who asks (`identity`, `sessions`)."""
