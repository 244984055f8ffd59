"""The rivals: what each does to rows and texts, as pure code; `graph/` runs them."""
