"""The models of a server: parsing its list, and guessing the type of each model."""
