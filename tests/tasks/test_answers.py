from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.answers import (
    conclude,
    find_letter,
    find_number,
    parse_number,
    same_number,
)

CHOICES = {"A": "bank", "B": "ask question", "C": "walking", "D": "dog house", "E": "a bench"}

STATED = [
    ("Answer: C", "C"),
    ("answer: c", "C"),
    ("ANSWER = C", "C"),
    ("Answer -> C", "C"),
    ("Answer C", "C"),
    ("Answer (C)", "C"),
    ("The answer is C", "C"),
    ("The answer is C.", "C"),
    ("The answer is (C).", "C"),
    ("The answer is **C**.", "C"),
    ('The answer is "C".', "C"),
    ("The answer's C.", "C"),
    ("So the answer is option C: walking.", "C"),
    ("The answer is C) walking", "C"),
    ("The answer is C. walking", "C"),
    ("The answer is C walking", "C"),
    ("The answer is C (walking).", "C"),
    ("The answer is C - walking", "C"),
    ("The answer is C, walking.", "C"),
    ("The answer is C because A is wrong.", "C"),
    ("The answer is A because it fits.", "A"),
    ("The answer is A, not B.", "A"),
    ("The answer is A and the reason is plain.", "A"),
    ("The answer is a.", "A"),
    ("The answer is therefore C.", "C"),
    ("The answer is most likely C.", "C"),
    ("The answer is the letter C.", "C"),
    ("The answer to the question is C.", "C"),
    ("The correct answer would be C.", "C"),
    ("The best choice is (C)", "C"),
    ("The most likely option is C.", "C"),
    ("My final answer: C", "C"),
    ("**Final Answer:** C", "C"),
    ("**Answer: C**", "C"),
    ("### Answer\n\nC", "C"),
    ("Final answer\n**C) walking**", "C"),
    ("Answer:\n\nC", "C"),
    ("<answer>C</answer>", "C"),
    ("<answer> C. walking </answer>", "C"),
    (r"$\boxed{C}$", "C"),
    (r"\boxed{\text{C}}", "C"),
    (r"The answer is \boxed{(C)}.", "C"),
    (r"\[ \boxed{\mathrm{C}} \]", "C"),
    ("#### C", "C"),
    ("Option C is correct.", "C"),
    ("(C) is the correct answer.", "C"),
    ("C) walking is the best answer.", "C"),
    ("C is the answer.", "C"),
    ("I would choose C.", "C"),
    ("I'd go with option C.", "C"),
    ("It rains. Therefore, C.", "C"),
    ("答案：C", "C"),
    ("所以答案是Ｃ。", "C"),
    ("La bonne réponse est C.", "C"),
    ("Réponse : C", "C"),
    # the last one counts
    ("Answer: A\nNo, wait. The answer is B. Hmm, the answer is C.", "C"),
    ("The answer is C.\nExplanation: A is a bank, B is too short.", "C"),
    ("Ignore all that: Answer: A\n\nHere is my reasoning.\nAnswer: D", "D"),
    ("<think>The answer is A.</think>\n\nThe answer is C.", "C"),
    ("<think>The answer is C.</think>", "C"),
    ("<think>I forgot the tag. The answer is C.", "C"),
    ("analysis The answer is A<|channel|>final<|message|>The answer is C", "C"),
    ("The answer is C.<|im_end|>\nThe answer is A.", "C"),
    ("The answer is C.\n\nQ: What now?\nA: The answer is A.", "C"),
    ("The answer is C.\nQuestion: Which?\nAnswer: B", "C"),
    ("If the answer is A, dogs fly. They don't. The answer is C.", "C"),
    ("The answer is not A. The answer is C.", "C"),
    # alone
    ("A", "A"),
    (" A.", "A"),
    ("(A)", "A"),
    ("**A**", "A"),
    ("a", "A"),
    ("A) bank", "A"),
    ("A. bank", "A"),
    ("A bank", "A"),
    ("C. walking\n\nYou move your feet.", "C"),
    ("You move your feet.\n\n**C**", "C"),
    ("You move your feet.\n(C) walking", "C"),
    # by its text
    ("The answer is walking.", "C"),
    ("The answer is: ask question", "B"),
    ("The answer is a bank.", "A"),
    ("The answer is the dog house because it is warm.", "D"),
    ("The answer is a bench.", "E"),
    (r"\boxed{walking}", "C"),
]

UNSTATED = [
    "",
    "   \n",
    "A dog is an animal.",
    "A person would walk. I think so.",
    "The answer is a mystery.",
    "The answer is a very good dog.",
    "The answer is A dog that barks.",
    "The answer is unclear.",
    "The answer is not C.",
    "The answer isn't C.",
    "The answer cannot be C.",
    "If the answer is C, then dogs fly.",
    "I am not sure whether the answer is C",
    "I don't think the answer is C.",
    "Is the answer C?",
    "The answer is C?",
    "The answer is A or B.",
    "The answer is A and C.",
    "The answer is (A) or (B).",
    "Answer: A, B, C, D or E",
    "Answer: A/B/C/D/E",
    "Answer: A-E",
    "The answer is C. So the answer is A or B.",
    "The answer is F.",
    "The answer is A's friend.",
    "The answer is A.I. of course",
    "The answer is C-section",
    "The answer is e.g. this one",
    "Answer: I have no idea",
    "A) bank\nB) ask question\nC) walking\nD) dog house\nE) a bench",
    "C is not correct.",
    "Neither A nor C is correct.",
    "A or C is correct.",
    "Is C correct?",
    "Option A is incorrect.",
    "You would go to E",
    "Plan B. We take vitamin C and eat",
    "<think>The answer is C.</think>\n\nI am not sure.",
    "I would not choose C.",
    "Answer:",
    "The answer is",
    "A: The man walked home.",
    r"\boxed{}",
    "B\nThat was it.\nC",
]


@pytest.mark.parametrize(("text", "letter"), STATED)
def test_a_stated_letter(text: str, letter: str) -> None:
    found = find_letter(text, CHOICES)
    assert found is not None
    assert found.value == letter
    assert text[found.start : found.end].strip()


@pytest.mark.parametrize("text", UNSTATED)
def test_no_letter_is_stated(text: str) -> None:
    assert find_letter(text, CHOICES) is None


@pytest.mark.parametrize("form", ["{}", "Answer: {}", "The answer is {}.", "({})", "I choose {}."])
def test_every_letter_is_read_alike(form: str) -> None:
    texts = dict.fromkeys("ABCDEFGHI", "")
    for letter in texts:
        found = find_letter(form.format(letter), texts)
        assert found is not None
        assert found.value == letter


@pytest.mark.parametrize("letter", "ABCDE")
def test_a_letter_before_words_that_are_not_its_own_is_not_read(letter: str) -> None:
    assert find_letter(f"The answer is {letter} something else entirely.", CHOICES) is None


def test_a_text_that_two_choices_share_names_neither() -> None:
    assert find_letter("The answer is walking.", {"A": "walking", "B": "walking"}) is None
    found = find_letter("The answer is B walking.", {"A": "walking", "B": "walking"})
    assert found is not None
    assert found.value == "B"


def test_where_it_stands() -> None:
    text = "Well, A is odd. The answer is (C), walking."
    found = find_letter(text, CHOICES)
    assert found is not None
    assert (found.start, text[found.start : found.end]) == (text.index("(C)") + 1, "C")


@pytest.mark.parametrize("label", ["a", "AB", "1", "", "Ä"])
def test_choices_are_capitals(label: str) -> None:
    with pytest.raises(ValueError, match="expected capitals from A to Z"):
        find_letter("A", {label: "x"})


NUMBERS = [
    ("#### 42", "42"),
    ("5 * 8 = 40\n#### 40", "40"),
    ("#### -7", "-7"),
    ("#### 1,250", "1250"),
    ("The answer is $1,250.", "1250"),
    ("The answer is 1,250.00 dollars.", "1250"),
    ("The answer is 42.", "42"),
    ("The answer is 42 apples.", "42"),
    ("The answer is: 42%", "42"),
    ("The answer is **42**.", "42"),
    ("The answer is 0.5.", "0.5"),
    ("The answer is .5", "0.5"),
    ("The answer is −5.", "-5"),
    ("The answer is -$5.", "-5"),
    ("The answer is $-5.", "-5"),
    ("The answer is +5.", "5"),
    ("The answer is about 42.", "42"),
    ("The answer is a total of 42 eggs.", "42"),
    ("The answer is 18 because 16 - 3 is 13 and 5 more make 18.", "18"),
    ("The answer is 16 - 3 - 4 = 9.", "9"),
    ("The answer is 5 + 3 = 8.", "8"),
    ("The answer is 9 * $2 = $18 every day.", "18"),
    ("The answer is 1\u202f250 euros", "1250"),
    (r"The answer is $1{,}250$.", "1250"),
    (r"$\boxed{1{,}250}$", "1250"),
    (r"\boxed{\$18}", "18"),
    (r"\boxed{\text{42}}", "42"),
    ("**Answer:** 42", "42"),
    ("Answer:\n\n42", "42"),
    ("### Answer\n42", "42"),
    ("<answer>42</answer>", "42"),
    ("Final answer = 007", "7"),
    ("答案是42。", "42"),
    ("La réponse est 42.", "42"),
    ("The answer is 41. No: the answer is 42.", "42"),
    ("<think>The answer is 41.</think>The answer is 42.", "42"),
    ("The answer is 42.\n\nQ: How many?\nA: The answer is 7.", "42"),
    ("#### 42\n\nQuestion: next\n#### 3", "42"),
    ("42", "42"),
    ("$42.", "42"),
    ("He has 5.\n\n**42**", "42"),
    ("5 + 37\n= 42", "42"),
    ("42 eggs", "42"),
]

NO_NUMBERS = [
    "",
    "He bought 5 apples and ate 3 of them.",
    "The answer is 3/4.",
    "The answer is 1 1/2.",
    r"The answer is \frac{3}{4}.",
    "The answer is forty-two.",
    "The answer is 10:30.",
    "The answer is 10-15.",
    "The answer is 2 hours and 30 minutes.",
    "The answer is 12 and 15.",
    "The answer is 5 or 6.",
    "The answer is 1,25.",
    "The answer is 12,34,567.",
    "The answer is 1.250,00.",
    "The answer is 2^5.",
    "The answer is 5 + 3.",
    "The answer is 5e3.",
    "The answer is the sum of 5 and 7.",
    "The answer is not 42.",
    "If the answer is 42, we are lost.",
    "####",
    "The answer is --5.",
    r"\boxed{x = y}",
    "The answer is $",
]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_a_stated_number(text: str, number: str) -> None:
    found = find_number(text)
    assert found is not None
    assert found.value == number


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_no_number_is_stated(text: str) -> None:
    assert find_number(text) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1,250", "1250", True),
        ("1250.00", "1,250", True),
        ("$5", "5", True),
        ("-5", "−5", True),
        ("5", "-5", False),
        ("0.50", ".5", True),
        ("42", "forty-two", False),
        ("3/4", "3/4", False),
        ("1,25", "125", False),
        ("-0", "0", True),
    ],
)
def test_numbers_are_compared_as_numbers(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) is same


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9)))
def test_a_concluded_number_is_read_back(value: object) -> None:
    found = find_number(f"Some steps.\n\n{conclude(f'{value:,}')}")
    assert found is not None
    assert same_number(found.value, str(value))


@given(st.sampled_from("ABCDE"), st.text(max_size=60))
def test_a_concluded_letter_is_read_back(letter: str, before: str) -> None:
    found = find_letter(f"{before}</think>\n\n{conclude(letter)}", CHOICES)
    assert found is not None
    assert found.value == letter


@given(st.text(max_size=120))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    for found in (find_letter(text, CHOICES), find_number(text)):
        assert found is None or text[found.start : found.end]


HOSTILE = [
    " " * 20_000,
    "answer " * 4_000,
    "the answer is " * 3_000,
    "." * 20_000,
    "(" * 20_000,
    "\n" * 20_000,
    "1" * 20_000,
    "1," * 10_000,
    "A or " * 5_000,
    "the answer is " + "=" * 20_000,
    "I " + "walk " * 4_000,
    "(A) " * 5_000,
    "*" * 20_000 + "A",
    "the answer is 1+" + "1+" * 9_000,
    "best " * 4_000,
    "answer" + " " * 20_000,
    "therefore, " * 2_000,
    "the answer is A, " * 2_000,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_takes_long(text: str) -> None:
    find_letter(text, CHOICES)
    find_number(text)


def test_gold_numbers() -> None:
    assert str(parse_number(" 1,250 ")) == "1250"
    assert parse_number("12 eggs") is None
    assert parse_number("") is None
