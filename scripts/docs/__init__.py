"""The parts of the documents that are written from the code, so that they cannot go stale."""
