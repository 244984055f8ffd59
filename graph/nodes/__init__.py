"""What each node of the loop does: state and visit in, state update out."""
