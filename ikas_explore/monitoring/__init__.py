"""What should have arrived and did not: missed objects, and scopes that went quiet."""
