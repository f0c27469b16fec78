"""What callers and strangers give, checked before it is used."""
