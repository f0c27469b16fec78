"""Connections out and servers in, and what goes wrong with them."""
