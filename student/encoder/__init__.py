"""Students that label: an encoder with a head."""
