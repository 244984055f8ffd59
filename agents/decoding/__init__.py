"""Several paths to one answer: CoT-decoding and self-consistency, whoever asks."""
