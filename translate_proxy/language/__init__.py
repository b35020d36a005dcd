"""What language is this? Detectors, and the belief of a conversation that they inform."""
