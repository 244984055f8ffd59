"""Experiment trackers: a run tells trackio, MLflow, W&B or TensorBoard of its rounds (`track`).

A listener hears when a round has closed; what is told is read from the run directory, in a thread
of each tracker's own. A tracker that fails costs its own page something, never the run.
"""
