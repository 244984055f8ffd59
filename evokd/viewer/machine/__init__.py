"""The picture of a run's state machine: what was walked, laid out from its edges alone."""
