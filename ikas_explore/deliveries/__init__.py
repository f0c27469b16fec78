"""What ikas pushes: payloads, attempts, `push`, and the `Receiver` that records them."""
