"""What is fuzzed: one file a border, the fuzzers first, then what they found as named tests.

``pytest tests/fuzz`` runs a fixed number of examples, the same ones each time; ``python -m
tests.fuzz`` runs as many as asked for, from a seed that it prints, and counts them.
"""
