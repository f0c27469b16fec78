"""What ikas pushes, and what becomes of it: payloads, attempts, `push` and the `Receiver`."""
