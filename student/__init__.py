"""The small models: fit, predict, evaluate, save.

Importing this package doesn't load torch, nor do `history`, `card`, `trainer` and `results`;
`encoder` does.

    encoder   one classifier in memory: create, fit, predict, save, checkpoint, restore
    trainer   what a round trains on, and from which weights
    history   the rows the student may see again
    card      the README of a saved student
"""
