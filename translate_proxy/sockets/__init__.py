"""The only importers of socketio: both namespaces, what they accept, and delivery."""
