"""What the Makefile runs: each does one thing and says so in one line."""
