"""Texts without a teacher: EDA, its synonyms, and when two texts repeat each other."""
