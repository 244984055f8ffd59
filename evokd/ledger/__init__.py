"""The books: one row per attempt of a call, budgets, totals. `evokd tokens DIR` prints them."""
