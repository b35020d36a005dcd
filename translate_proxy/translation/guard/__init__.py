"""What must survive translation, what a model must not see, and what came back."""
