"""For those who write notebooks and tests with this package."""
