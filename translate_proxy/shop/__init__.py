"""What the shop is: its data, checked once, whoever sends it."""
