"""A run of the real graph in which nobody is asked and nothing is learnt, for `evokd plan`."""
