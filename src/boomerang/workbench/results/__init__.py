"""Extract results from records, without drawing them."""
