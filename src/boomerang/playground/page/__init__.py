"""The frame of a model page, and the comparison of up to four panes."""
