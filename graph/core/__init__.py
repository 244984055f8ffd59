"""What every node and method works with: contexts, state, student, checkpoints, wiring."""
