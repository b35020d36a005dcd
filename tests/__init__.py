"""The tests: plain functions against the real app, real databases, a real browser."""
