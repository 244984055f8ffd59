"""Several paths to one answer instead of one sample: how many, how made, which is taken."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from evokd.config.strict import Strict

Decoding = Literal["sample", "self_consistency", "cot_decoding"]
"""One reply; samples and their majority; paths weighed by how sure they are of their answer."""
Rule = Literal["max", "aggregated", "majority"]
"""How the answers of paths become one."""
Continuation = Literal["llama.cpp", "vllm", "samples"]
"""How a server goes on from a beginning: by itself, when told to, or not at all."""


class PathsConfig(Strict):
    """Paths of CoT-decoding (Wang & Zhou 2024)."""

    k: int = Field(10, ge=2, le=20)
    """Paths: branches at the first token."""
    choose: Rule = "aggregated"
    """How the paths' answers become one."""
    continuation: Literal["auto", "llama.cpp", "vllm", "samples"] = "auto"
    """How a server goes on from a beginning; `samples`: it can't, so paths are sampled. `auto`:
    the embedded one as llama.cpp, others by samples."""
    temperature: float = Field(0.7, ge=0, le=2)
    """Of sampled paths."""


class DecodingConfig(PathsConfig):
    """How analyst and labeler come to what they say; docs/design/decoding.md."""

    analyst: Decoding = "sample"
    """`sample`: one reply. `self_consistency`: `k` samples, and the one that most of them agree
    with. `cot_decoding`: `k` paths that branch at the first token, and the one that is surest of
    its answer, by the server's log-probabilities."""
    labeler: Decoding = "sample"
    """The same; its paths reason in words before they name a label, one text a call."""
    k: int = Field(5, ge=2, le=20)
    """Paths to each analysis, and to each label: all of them are paid for."""
    choose: Rule = "aggregated"
    """Of `cot_decoding`: the surest path, the answer with the largest sum of margins, or that of
    most paths, which is the rule of `self_consistency`."""
    max_tokens: int = Field(96, ge=8)
    """Most tokens of one of the labeler's paths; the analyst's are as long as its pack says."""

    @property
    def used(self) -> bool:
        """Whether any role takes more than one path."""
        return (self.analyst, self.labeler) != ("sample", "sample")

    @model_validator(mode="after")
    def _paths_differ(self) -> DecodingConfig:
        sampled = "self_consistency" in (self.analyst, self.labeler)
        if self.temperature == 0 and (sampled or (self.used and self.continuation == "samples")):
            raise ValueError(
                "`temperature: 0` makes all sampled paths the same: set it above 0 (0.7 is usual)"
            )
        return self
