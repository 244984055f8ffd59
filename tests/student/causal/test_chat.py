from __future__ import annotations

import pytest

from evokd.config import ConfigError
from student.causal.chat import (
    check_template,
    encode,
    encode_prompts,
    end_of_turn,
    prompt_sha,
    prompt_text,
)
from tests.student.tiny_causal import make_tokenizer

TOKENIZER = make_tokenizer()
ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "6 and 7?"}]
TEXT = (
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n6 and 7?<|im_end|>\n"
    "<|im_start|>assistant\n"
)


def test_the_prompt_ends_where_the_answer_begins() -> None:
    assert prompt_text(TOKENIZER, ASKED) == TEXT
    assert prompt_sha(TEXT) == prompt_sha(prompt_text(TOKENIZER, ASKED))
    assert prompt_sha(TEXT) != prompt_sha(TEXT + " ")


def test_options_reach_the_template() -> None:
    tokenizer = make_tokenizer()
    tokenizer.chat_template += "{% if not enable_thinking %}<think></think>{% endif %}"
    assert prompt_text(tokenizer, ASKED, {"enable_thinking": False}) == TEXT + "<think></think>"
    assert prompt_text(tokenizer, ASKED, {"enable_thinking": True}) == TEXT


def test_control_tokens_are_the_templates_alone() -> None:
    (pair,) = encode(TOKENIZER, [TEXT], ["It is<|im_end|>"])
    assert pair.prompt.count(2) == 2
    assert 2 not in pair.response
    assert TOKENIZER.decode(pair.response) == "It is<|im_end|>"
    assert pair.length == len(pair.prompt) + len(pair.response)
    # the next prompt is read with control tokens again
    assert encode_prompts(TOKENIZER, [TEXT])[0] == pair.prompt


def test_a_response_is_cut_alike_after_any_prompt() -> None:
    one, other = encode(TOKENIZER, [TEXT, "So"], ["the answer"] * 2)
    assert one.response == other.response and one.bounds == other.bounds


def test_what_cant_be_tokenised() -> None:
    with pytest.raises(ValueError, match="prompt 1 has no tokens"):
        encode(TOKENIZER, [TEXT, ""], ["a", "b"])
    with pytest.raises(ValueError, match="2 prompts for 1 responses"):
        encode(TOKENIZER, [TEXT, TEXT], ["a"])
    with pytest.raises(ValueError, match="half a character"):
        encode(TOKENIZER, [TEXT], ["\ud83d"])
    assert encode(TOKENIZER, [], []) == []


def test_no_template() -> None:
    tokenizer = make_tokenizer()
    tokenizer.chat_template = None
    with pytest.raises(ConfigError, match=r"student\.model: base-1b has no chat template"):
        check_template(tokenizer, "base-1b")


def test_a_template_that_refuses() -> None:
    tokenizer = make_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('no system role') }}"
    with pytest.raises(ConfigError, match=r"\(system, user\): no system role"):
        prompt_text(tokenizer, ASKED)
    assert end_of_turn(tokenizer, {2}) == 2  # the tokenizer's own


def test_the_end_of_a_turn_is_what_the_template_writes() -> None:
    tokenizer = make_tokenizer()
    tokenizer.eos_token = "<|end|>"
    assert end_of_turn(tokenizer, {0, 2}) == 2
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    assert end_of_turn(tokenizer, {0, 2}) == 0
