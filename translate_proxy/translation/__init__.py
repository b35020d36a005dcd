"""The same text in another language: guard, routes, memory, batches and engines."""
