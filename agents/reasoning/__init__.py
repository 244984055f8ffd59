"""Reasoning distillation's agents: the teacher that reasons, the finisher, CoT-decoding."""
