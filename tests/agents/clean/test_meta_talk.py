"""A model that speaks of its task, in the languages packs come in; and what buyers really say."""

from __future__ import annotations

import pytest

from agents.clean.meta_talk import may_talk_about_task, speaks_of, talks_about_task


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "As an AI language model I have no opinion on lids."),
        ("en", "A sentence about an unhappy buyer"),
        ("fr", "En tant qu’IA, je n’ai pas d’avis sur les couvercles."),
        ("fr", "En tant que modèle de langage, je reste neutre."),
        ("fr", "Voici une phrase courte sur un acheteur mécontent"),
        ("fr", "Voici un autre exemple d'avis négatif"),
        ("fr", "Bien sûr\u202f! Le produit est arrivé cassé."),
        ("fr", "Bien sûr, comment vous pouvez ajouter"),
        ("fr", "Je ne peux pas rédiger cet avis."),
        ("fr", "Sure, here is a review in French."),  # in English, whatever it was asked in
        ("zh", "作为一个人工智能语言模型，我没有看法。"),
        ("zh", "以下是一条负面评论"),
        ("zh", "好的，这条评论如下"),
        ("zh", "这是一条关于水壶的评论"),
        ("zh", "我无法生成这样的内容"),
        ("de", "As an AI I cannot write this."),
        ("zh-Hant", "以下是一條評論"),
        ("en", "Who is the person you are asking about?"),
        ("en", "What is the number or value you are referring to?"),
        ("en", "What is the numerical value or amount you would like to specify?"),
        ("en", "What is the number of...?"),
        ("en", "Please enter a numerical value."),
        ("en", "What type of item or concept is being sought?"),
        ("en", "This task requires the identification of specific content."),
        ("en", "Please provide the specific quantity you need."),
        ("fr", "Veuillez indiquer le nombre souhaité."),
        ("zh", "请提供具体的数量。"),
    ],
)
def test_the_model_talks_about_its_task(language: str, text: str) -> None:
    assert may_talk_about_task(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Voici un produit que je recommande à mes amis."),
        ("fr", "Le prix est, bien sûr, un peu élevé."),
        ("fr", "La sentence est tombée : il ne marche plus."),  # a verdict, no sentence
        ("fr", "Je ne peux pas le conseiller."),
        ("zh", "当然好用，我还会再买。"),
        ("zh", "我不能接受这样的质量。"),
        ("zh", "这是我买过最好的水壶。"),
        ("en", "Surely the best kettle here."),
        ("en", "If you are looking for a kettle, take this one."),
        ("en", "What would you like to know about kettles?"),
    ],
)
def test_a_buyer_talks(language: str, text: str) -> None:
    assert not may_talk_about_task(text, language)
    assert not talks_about_task(text, language)


@pytest.mark.parametrize(
    ("spoken", "domain", "text", "expected"),
    [
        ("en", "product review", "This is a negative review of a lid", True),
        ("en", "product review", "The reviewers were right", False),
        ("fr", "avis sur un produit", "Cet avis parle d’un produit décevant", True),
        ("fr", "avis sur un produit", "À mon avis, le produit est décevant", False),
        ("fr", "avis sur un produit", "Un produit sans défaut", False),
        ("zh", "商品评论", "这条商品评论是负面的", True),
        ("zh", "商品评论", "看了别人的评论才买的", False),
    ],
)
def test_a_text_speaks_of_its_own_kind(spoken: str, domain: str, text: str, expected: bool) -> None:
    assert speaks_of(text, domain, spoken) is expected
