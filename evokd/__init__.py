"""evokd: distil a language model into a small student with a team of agents."""
