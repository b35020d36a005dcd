"""What text is, once for every room: tags of languages, and what may be sent as a message."""
