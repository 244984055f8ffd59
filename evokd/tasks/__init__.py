"""What is to be learnt: label sets, loading, few-shot draws, near-duplicates, metrics."""
