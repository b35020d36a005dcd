"""What people have said beforehand, and how they spell: corrections, phrases, glossaries."""
