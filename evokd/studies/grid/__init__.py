"""From a study file to its cells, checked."""
