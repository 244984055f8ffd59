"""One reader of run directories: totals, calls, rounds, rows, scores, lineage; for every face."""
