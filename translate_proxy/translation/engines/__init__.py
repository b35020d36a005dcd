"""What translates: the interface, Argos, Firefox, a remote engine, and what is loaded."""
