"""Experiments of the pages: each draws its few controls, gives its calls, and draws what they tell together."""
