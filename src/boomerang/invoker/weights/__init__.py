"""Model weights: what they must be, where they are, and how to fetch them.

`Weights` reads them; `boomerang weights` fetches them. Fetched files are never
installed or put on the import path.
"""
