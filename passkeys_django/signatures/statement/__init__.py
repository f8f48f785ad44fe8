"""What a person signs: the canonical text, the statement that it holds, and the statement of a form."""
