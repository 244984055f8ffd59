"""Students that reason: a causal language model with adapters."""
