"""A table in a notebook's cell that grows as deliveries arrive, and a picture of the same."""
