"""DataFrames with declared columns: how they are made, checked and kept in files."""
