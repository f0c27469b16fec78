"""Text for people: terminals, HTML tables, CSV files and progress bars."""
