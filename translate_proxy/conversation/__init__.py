"""The conversation: its log, the relay that translates it, the desk that answers it."""
