"""Clean rows: wrappings of texts come off, and what is no row is found, at no tokens."""
