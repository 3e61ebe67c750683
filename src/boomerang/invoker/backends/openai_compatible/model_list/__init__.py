"""The models of a server: its list as servers write it, and what each model is likely to be."""
