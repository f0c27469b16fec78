"""Diff, plan, apply, undo."""
