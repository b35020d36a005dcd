"""From a text to sentences, through queues and batches, and back."""
