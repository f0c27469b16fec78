"""Rules, policy, probes and reports."""
