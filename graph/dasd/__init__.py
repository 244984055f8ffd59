"""Reasoning distillation's wing: its state machine, nodes and services."""
