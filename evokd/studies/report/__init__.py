"""What a study shows: statistics, tables, figures, one page."""
