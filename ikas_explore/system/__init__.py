"""Files, SQLite databases and threads."""
