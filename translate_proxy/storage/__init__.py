"""Tables, migrations and one group-committing writer."""
