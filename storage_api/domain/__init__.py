"""The field's nouns: standard library only, no input or output."""
