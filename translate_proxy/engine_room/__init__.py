"""Where models run: a process of its own, started, watched and replaced by the server."""
