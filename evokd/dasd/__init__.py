"""DASD's pure core: sentences, byte alignment, scores, filters, selection, CoT-decoding, export.

Method: Yan et al. 2026, *Distribution-Aligned Sequence Distillation*, arXiv 2601.09088, whose
selection step has no public code; the companion is Liu et al., arXiv 2512.20908.
"""
