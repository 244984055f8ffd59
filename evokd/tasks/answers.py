"""What a response answers: the last explicit final answer, or nothing. Callers count the nothings.

`letters.py` reads multiple choice, `numbers.py` sums; both say where the answer stands, which
CoT-decoding needs. `CONCLUSION` is how prompts ask for an answer, in one place.
"""

from __future__ import annotations

from evokd.tasks.letters import find_letter
from evokd.tasks.numbers import find_number, parse_number, same_number
from evokd.tasks.statements import CONCLUSION, FoundAnswer, conclude

__all__ = [
    "CONCLUSION",
    "FoundAnswer",
    "conclude",
    "find_letter",
    "find_number",
    "parse_number",
    "same_number",
]
