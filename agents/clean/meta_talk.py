"""Signs that a text is no row but a model speaking of its task: by language, as data.

A model may fall back on English whatever it was asked in, so the English signs hold everywhere,
but for those that mean something in another language. `SURE` holds what no row of twenty data sets
says (docs/design/prompts.md has the counts); `SUSPECT` costs true rows ("I can't believe it"), and
is for writers so small that most of what it finds is talk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from evokd.config.languages import primary

NOUNS: Mapping[str, str] = {
    "everywhere": r"(?:texts?|sentences?|questions?|queries|query|reviews?|headlines?|articles?"
    r"|(?:news )?(?:items?|stories|story)|news pieces?"
    r"|paragraphs?|passages?|phrases?|examples?|tweets?|posts?|snippets?|statements?)",
    "fr": r"(?:textes?|phrases?|avis|questions?|titres?|articles?|passages?|exemples?"
    r"|commentaires?|énoncés?)",
    "zh": r"(?:文本|句子|评论|问题|新闻|标题|例子|示例|段落|文章)",
}
"""`everywhere` and a language → what a written text is called."""
_N, _FR, _ZH = NOUNS["everywhere"], NOUNS["fr"], NOUNS["zh"]
_OWN = r"(?:texts?|sentences?|questions?|reviews?|headlines?|articles?|news items?)"
"""Of these, the ones that no row begins with: "An example of a fossil is" begins a question."""
_WHO = r"(?:models?|classifiers?|student)(?:['’]s)?"
_ORDER = (
    r"(?:write|generate|create|provide|rewrite|rephrase|paraphrase|classify|categori[sz]e|label|"
    r"translate|summari[sz]e|mark|sort|assign|tag)"
)

SURE: Mapping[str, tuple[str, ...]] = {
    "everywhere": (
        r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b",
        r"\bi['’]?(?:m| am) (?:an ai|a(?: large)? language model)\b",
        r"\bi(?:['’]m| am)? (?:can['’]?t|cannot|unable to|not able to)"
        r" (?:generate|assist with|fulfil+|comply|classify)\b",
        r"\bi cannot (?:write|generate|assist)\b",
        rf"^\W*(?:(?:sure|certainly|of course|okay|ok)\b\W*)?here(?:['’]s| is| are)(?: \S+){{0,5}}?"
        rf" (?:responses?|versions?|paraphrases?|rewrites?|{_N})(?:\b[^.?!]{{0,60}}:|$| (?:that|you"
        r"|based|for (?:the|you|your)|in the (?:style|category)|of an?)\b)",
        r"^\W*here(?:['’]s| is) a (?:possible|rewritten|revised|short|brief|concise|paraphrased)\b",
        rf"^\W*(?:sure|certainly|of course)\b[,!.]+\s*(?:here|i can|i['’]ll|i['’]d|let me|{_N})\b",
        rf"\b{_WHO} (?:\S+ ){{0,4}}?(?:mis-?classif|mislabel|mispredict|misidentif|misinterpret)",
        rf"\b(?:mis-?classified|mislabel+ed|misidentified|confused) (?:\S+ ){{0,4}}?by"
        rf" (?:\S+ ){{0,3}}?{_WHO}\b",
        rf"\b(?:the|this|a|simple|small) {_WHO} (?:\S+ ){{0,3}}?(?:struggl|fail|tend|confus|has"
        r" (?:difficulty|trouble)|is (?:not )?(?:able|unable|likely)|(?:in)?correctly|would|might|"
        r"may|should|predict|said|thinks?|focus|overlook|lack)[^.?!]{0,90}?\b(?:texts?|class(?:es|ify"
        r"|ification)?|categor\w+|label\w*|questions?|examples?|sentences?|headlines?|reviews?|"
        r"articles?|predict\w*|abbreviations?|topics?|patterns?)\b",
        r"\b(?:the|this|our|text) classifier(?:['’]s)?\b",
        rf"\b(?:training|generated|rewritten|paraphrased|target) {_N}\b",
        r"\b(?:reply|respond|answer|output) (?:as|in|with) json\b",
        rf"^\W*(?:please )?{_ORDER} (?:\S+ ){{0,6}}?{_N}\b",
        rf"\b(?:rewrote|rewritten|rephrased|paraphrased|reworded) (?:\S+ ){{0,3}}?{_N}\b",
        r"\b(?:the|this|your) (?:prompt|instructions?) (?:asks?|says?|is|should|does|requires?)\b",
        rf"\b(?:the|your) (?:given|above|provided|original|input) {_OWN}\b",
        rf"^\W*(?:this|the(?: following)?) (?:\S+ ){{0,2}}?{_N} (?:is (?:about|clearly|"
        r"unclear|asking|related|likely|designed|intended|an? (?:example|question)|written|"
        r"short|clear|ambiguous)|asks|describes|discusses|requires|refers|belongs|could be|can be|"
        r"may be|seems|should be|provides|involves|highlights|deals|pertains|does not|doesn['’]t|"
        r"mentions|lacks|uses|shows|tests)\b",
        rf"^\W*an? (?:\S+ ){{0,3}}?{_OWN} (?:about|that|which|asking|describing|regarding|related|"
        r"from an?|of an?|with an?|like this|to an?)\b",
        rf"^\W*an? (?:\S+ ){{0,3}}?{_OWN}(?: could be)?\s*:(?!\))",
        rf"^\W*(?:this|that|it)(?: is|['’]s) an? (?:\S+ ){{0,3}}?{_OWN}"
        r"(?: (?:that|which|about|asking|of|for|with)\b|\W*$)",
        rf"\b(?:these|those|both) (?:\S+ )?{_OWN} (?:are|have|share|show|could|would|might)\b",
        r"\b(?:first|second|third|fourth|next) (?:text|sentence|headline|news item)\b",
        rf"\bexamples? of an? (?:\S+ ){{0,2}}?{_OWN}\b",
        r"^\W*the (?:\S+ ){0,3}?(?:news items?|news articles?|headlines?|sentences?|questions?)"
        r" (?:about|on a topic|that (?:was|is|asks))\b",
        r"\bmak(?:e|es|ing) (?:a|the|this|that) (?:\S+ )?"
        r"(?:sentence|question|headline|text|one) short",
        r"\bone-sentence\b",
        r"\bin (?:one|a|a single|just one) (?:short |single |brief |concise )?sentence\b",
        r"\b(?:one|a) (?:short|concise|single) sentence\b",
        r"^\W*the (?:question|sentence|headline)(?: is)?\s*[:\"“]",
        r"\b(?:for|of|in) my (?:task|assignment)\b",
        r"\bbelongs? (?:clearly )?to (?:the|one|a) (?:\S+ ){0,3}?(?:class|category)\b",
    ),
    "en": (),
    "fr": (
        r"\ben tant qu(?:['’](?:ia\b|intelligence artificielle|assistant)|e modèle de langage)",
        rf"^\W*voici (?:un|une|des|quelques|la|le|les|votre|ma|mon)"
        rf" (?:autre |nouvelle? |courte? |petite? )*(?:{_FR}|liste|proposition|réponse|suggestion"
        r"|version|traduction)\b[^.?!]{0,60}(?::|$| (?:d['’]|de |sur |pour |en |qui ))",
        r"\bje ne (?:peux pas|suis pas en mesure de)"
        r" (?:écrire|rédiger|générer|produire)\b",
        r"\b(?:le|ce|un|petit|notre) (?:modèle|classifieur|classificateur) (?:\S+ ){0,4}?(?:se"
        r" trompe|class|confond|peine|a du mal|échoue|prédi)[^.?!]{0,90}?"
        rf"(?:{_FR}|classes?|catégories?|étiquet\w+)",
        rf"^\W*(?:cette|ce|cet|la|le) {_FR} (?:est (?:un|une|à|en)|décrit|demande|parle|relève|"
        r"appartient|concerne|porte sur|traite|exprime)\b",
        rf"^\W*(?:écri(?:s|vez)|rédige[zr]?|génère[zr]?|reformule[zr]?) (?:\S+ ){{0,4}}?{_FR}\b",
    ),
    "zh": (
        r"作为(?:一个|一名)?(?:人工智能|ai|语言模型|大模型)",
        rf"^\W*(?:好的|当然)?\W*(?:以下|下面|这里)是.{{0,14}}(?:{_ZH}|文字|内容)",
        rf"^\W*这是(?:一|两|几)?(?:条|个|句|篇|段).{{0,12}}{_ZH}\W*$",
        rf"^\W*这(?:条|个|句|篇|段)(?:{_ZH}|话)(?:是|属于|描述|讲|说的|表达|涉及)",
        rf"我(?:无法|不能|没法)(?:生成|编写|写出).{{0,8}}{_ZH}",
        r"(?:模型|分类器).{0,14}(?:误判|误分|错误分类|分类错误|难以(?:分类|判断|区分)|混淆)",
        rf"^\W*(?:请)?(?:写|生成|改写)(?:出)?(?:一|两|几)?(?:条|个|句|篇|段).{{0,14}}{_ZH}",
        r"属于.{1,12}(?:类别|一类|这类)",
    ),
}
"""`everywhere` and a language → patterns, in lower case, of what no row says."""

SUSPECT: Mapping[str, tuple[str, ...]] = {
    "everywhere": (
        r"\blanguage model\b",
        r"\bhere(?:['’]s| is| are) (?:a|an|the|some|your)\b",
        r"\bi can['’]t\b",
        r"\bsure[,!]",
        r"\bcertainly[,!]",
        # the class's description, handed back as a question to whoever asked for a text
        r"\byou(?:['’]re| are) (?:asking|inquiring|enquiring|seeking)\b",
        r"\bthe (?:\S+ ){1,5}?you(?:['’]re| are) (?:looking for|referring to|interested in)\W*$",
        r"\byou(?:['’]d| would) like to (?:know|specify|ask|find|learn|identify|describe)\b",
        r"(?:\.\.\.|…)\?\s*$",
        r"^\W*(?:could you )?(?:please )?(?:provide|specify|identify) (?:an?|the|some|your)\b",
        r"^\W*please (?:provide|specify|identify|enter)\b",
        r"\bis being sought\b",
        r"\bdo you want to know about\b",
        r"^\W*this task\b",
    ),
    "en": (r"\bsentence",),
    "fr": (
        r"\bmodèle de langage\b",
        r"\bvoici (?:un|une|des|quelques|la|le|les|votre|ma|mon)"
        r" (?:autre |nouvelle? |courte? |petite? )*(?:avis|commentaire|exemple|liste|"
        r"phrase|proposition|question|réponse|suggestion|texte|titre|traduction|version)s?\b",
        r"\bje ne (?:peux pas|suis pas en mesure de) vous aider",
        r"^\W*(?:bien sûr|certainement|avec plaisir|d['’]accord)\s*[,!:]",
        r"\b(?:cette|courte|une) phrase\b",
        r"^\W*(?:pourriez-vous |veuillez )(?:me )?(?:fournir|préciser|indiquer)\b",
    ),
    "zh": (
        r"作为(?:一个|一名)?助手",
        r"语言模型",
        r"^\W*(?:以下|下面|这里)是",
        r"^\W*这是(?:一|两|几)?(?:条|个|句|篇|段)",
        r"^\W*(?:好的|当然|当然可以|没问题)[，,！!。：:]",
        r"我(?:无法|不能|没法)(?:生成|编写|写出|提供|协助|帮助你|帮你)",
        r"(?:这句话|这个句子|这条文本|短句)",
        r"^\W*请(?:您)?(?:提供|说明|指定|输入)",
    ),
}
"""The same, of what a row may say and a small model mostly says of its task."""


def talks_about_task(text: str, language: str) -> bool:
    """Whether a model talks about its task in a text, beyond doubt.

    Args:
        text: As it was written.
        language: Of the text, BCP 47.
    """
    return _of(_SURE, language).search(text) is not None


def may_talk_about_task(text: str, language: str) -> bool:
    """Whether a text of a small writer is to be taken for talk about its task."""
    return any(_of(found, language).search(text) for found in (_SURE, _SUSPECT))


def speaks_of(text: str, domain: str, spoken: str) -> bool:
    """Whether a text speaks of the kind of text that it should be ("a positive review of …").

    The noun that says so stands last in English, first in French (« avis sur un produit »), where
    it only counts with a pointer before it: « à mon avis » is what buyers say. In Chinese the
    whole phrase must be there, since a part of it can be part of any other word.

    Args:
        text: As it was written.
        domain: Noun for one text, in the language of the prompts.
        spoken: Language of the prompts, BCP 47.
    """
    folded, noun = text.casefold(), domain.casefold()
    if primary(spoken) == "zh":
        return noun in folded
    if primary(spoken) == "fr":
        head = re.escape(noun.split()[0])
        return re.search(rf"\b(?:cet|cette|ce|un|une|l['’])\s*{head}\b", folded) is not None
    return noun.split()[-1] in re.findall(r"\w+", folded)


def _compiled(table: Mapping[str, tuple[str, ...]]) -> dict[str, re.Pattern[str]]:
    found = {}
    for code in table:
        groups = dict.fromkeys(("everywhere", code))
        patterns = [pattern for group in groups for pattern in table[group]]
        found[code] = re.compile("|".join(patterns), re.IGNORECASE)
    return found


def _of(compiled: Mapping[str, re.Pattern[str]], language: str) -> re.Pattern[str]:
    return compiled.get(primary(language), compiled["everywhere"])


_SURE, _SUSPECT = _compiled(SURE), _compiled(SUSPECT)
