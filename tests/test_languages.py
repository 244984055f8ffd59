"""Languages in the config: tags, names, and what is said of those that are none."""

from __future__ import annotations

from typing import Any

import pytest

from evokd.config import ConfigError, parse_config
from evokd.config.languages import LANGUAGES, check_tag, language_name, names_of

TASK: dict[str, Any] = {
    "labels": ["a", "b"],
    "data": {"train": "/nowhere/train.jsonl", "test": "/nowhere/test.jsonl"},
}
NAMES = """
ar, Arabic, arabe, 阿拉伯语
bg, Bulgarian, bulgare, 保加利亚语
bn, Bengali, bengali, 孟加拉语
ca, Catalan, catalan, 加泰罗尼亚语
cs, Czech, tchèque, 捷克语
da, Danish, danois, 丹麦语
de, German, allemand, 德语
el, Greek, grec, 希腊语
en, English, anglais, 英语
es, Spanish, espagnol, 西班牙语
et, Estonian, estonien, 爱沙尼亚语
eu, Basque, basque, 巴斯克语
fa, Persian, persan, 波斯语
fi, Finnish, finnois, 芬兰语
fr, French, français, 法语
ga, Irish, irlandais, 爱尔兰语
he, Hebrew, hébreu, 希伯来语
hi, Hindi, hindi, 印地语
hr, Croatian, croate, 克罗地亚语
hu, Hungarian, hongrois, 匈牙利语
id, Indonesian, indonésien, 印度尼西亚语
it, Italian, italien, 意大利语
ja, Japanese, japonais, 日语
ko, Korean, coréen, 韩语
lt, Lithuanian, lituanien, 立陶宛语
lv, Latvian, letton, 拉脱维亚语
ms, Malay, malais, 马来语
nb, Norwegian Bokmål, norvégien bokmål, 挪威语（书面语）
nl, Dutch, néerlandais, 荷兰语
nn, Norwegian Nynorsk, norvégien nynorsk, 新挪威语
no, Norwegian, norvégien, 挪威语
pl, Polish, polonais, 波兰语
pt, Portuguese, portugais, 葡萄牙语
ro, Romanian, roumain, 罗马尼亚语
ru, Russian, russe, 俄语
sk, Slovak, slovaque, 斯洛伐克语
sl, Slovenian, slovène, 斯洛文尼亚语
sr, Serbian, serbe, 塞尔维亚语
sv, Swedish, suédois, 瑞典语
sw, Swahili, swahili, 斯瓦希里语
ta, Tamil, tamoul, 泰米尔语
th, Thai, thaï, 泰语
tr, Turkish, turc, 土耳其语
uk, Ukrainian, ukrainien, 乌克兰语
ur, Urdu, ourdou, 乌尔都语
vi, Vietnamese, vietnamien, 越南语
zh, Chinese, chinois, 中文
"""


@pytest.mark.parametrize(
    ("tag", "spoken", "name"),
    [
        ("fr", "en", "French"),
        ("fr", "fr", "français"),
        ("fr", "zh", "法语"),
        ("FR", "en", "French"),
        ("zh-Hant", "zh-Hans", "中文（zh-Hant）"),
        ("pt-BR", "fr-CA", "portugais (pt-BR)"),
        ("en", "de", "English"),  # a pack of one's own, in a language without names in the table
    ],
)
def test_names(tag: str, spoken: str, name: str) -> None:
    check_tag(tag)
    assert language_name(tag, spoken) == name


def test_a_name_of_ones_own_outranks_the_table() -> None:
    task = {**TASK, "language": "gsw", "language_name": "Swiss German"}
    config = parse_config({"task": task})
    assert language_name("gsw", "en", config.task.language_name) == "Swiss German"
    assert language_name("fr", "fr", "français du Québec") == "français du Québec"


@pytest.mark.parametrize("tag", ["de-1996", "sl-rozaj-biske", "zh-Hans-CN", "es-419", "fr-x-old"])
def test_tags(tag: str) -> None:
    check_tag(tag)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en_US", "did you mean 'en-US'"),
        ("French", "did you mean 'fr'"),
        ("中文", "did you mean 'zh'"),
        ("klingon", "expected a language tag"),
        ("", "expected a language tag"),
        ("fr-", "expected a language tag"),
        ("gsw", r"no name is known for the language 'gsw'.*task\.language_name"),
    ],
)
def test_what_is_no_language_names_field_and_remedy(tag: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"task\.language: .*{said}"):
        parse_config({"task": {**TASK, "language": tag}})


def test_writing_and_task_language_must_differ() -> None:
    with pytest.raises(ConfigError, match=r"`task\.language` itself"):
        parse_config({"task": {**TASK, "language": "fr"}, "loop": {"written_in": "FR"}})
    with pytest.raises(ConfigError, match=r"loop\.written_in: no name is known"):
        parse_config({"task": {**TASK, "language": "fr"}, "loop": {"written_in": "gsw"}})


@pytest.mark.parametrize("names", NAMES.strip().splitlines())
def test_prompts_call_a_language_what_they_always_have(names: str) -> None:
    code, *called = names.split(", ")
    assert [language_name(code, spoken) for spoken in ("en", "fr", "zh")] == called


def test_each_language_has_a_name_of_its_own() -> None:
    assert [names.split(", ")[0] for names in NAMES.strip().splitlines()] == list(LANGUAGES)
    for names in zip(*map(names_of, LANGUAGES), strict=True):
        assert len(set(names)) == len(LANGUAGES)
