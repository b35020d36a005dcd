"""What a text looks like: detectors and the tables that they read."""
