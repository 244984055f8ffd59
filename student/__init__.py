"""The small models: fit, predict, evaluate, save.

Importing this package doesn't load torch, nor do `memory`, `card`, `trainer`, `results` and
`causal_values`; `encoder` and `causal` do.

    encoder   one classifier in memory: create, fit, predict, save, checkpoint, restore
    trainer   what a round trains on, and from which weights
    memory    the rows that are kept, and those the student sees again
    causal    one language model in memory: score, fit, write, save, checkpoint, restore
    chat      messages → the text a language model continues; the only place
    card      the README of a saved student
"""
