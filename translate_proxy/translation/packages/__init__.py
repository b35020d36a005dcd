"""Model packages on disk: read, fetched, tried, optimised."""
