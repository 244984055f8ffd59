"""What each node of the loop does: state and context in, state update out."""
