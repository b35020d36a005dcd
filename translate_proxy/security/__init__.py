"""Who may do what, and how often: tokens, identities, passwords, sessions, rates, headers."""
