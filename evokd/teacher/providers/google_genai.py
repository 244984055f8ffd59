"""Gemini's generateContent, through `langchain_google_genai.ChatGoogleGenerativeAI`.

A schema goes as `responseJsonSchema`. A wrong key comes as a 400, and the pause after a 429 in the
body: both are read there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx2
from google.genai import Client
from google.genai.types import HttpOptions
from langchain_google_genai import ChatGoogleGenerativeAI
from pydantic import SecretStr

from evokd.teacher.faults import Refused
from evokd.teacher.providers.adapter import Way, json_shape

VERSION = "v1beta"
_KNOWN = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "n": "candidate_count",
    "max_tokens": "max_output_tokens",
    "stop": "stop",
    "response_format": "response_format",
}
_FILTERS = frozenset({"spii", "image_safety", "other"})
"""Ends that no other server knows by name; the rest of them are in `empty_reply.FILTERED`."""
_DELAY = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")


class Gemini:
    """See `Adapter`."""

    holds = ("candidates", "promptFeedback")
    names: Mapping[str, str] = {
        "topP": "top_p",
        "topK": "top_k",
        "stopSequences": "stop",
        "candidateCount": "n",
        "frequencyPenalty": "frequency_penalty",
        "responseLogprobs": "logprobs",
        "responseJsonSchema": "response_format",
        "response_json_schema": "response_format",
        "responseMimeType": "response_format",
        "response_schema": "response_format",
    }

    def __init__(self, way: Way) -> None:
        self.model = ChatGoogleGenerativeAI(
            model=way.endpoint.name,
            api_key=SecretStr(way.key),
            base_url=way.base_url,
            vertexai=False,
            max_retries=1,  # this SDK's word for none: 0 stands for its default
            timeout=way.endpoint.timeout_s,
            temperature=None,
            client_args={"trust_env": False},
            cache=False,  # a global one would answer calls that the books say were made
            disable_streaming=True,
        )
        self.model.client = Client(
            api_key=way.key,
            vertexai=False,
            http_options=HttpOptions(
                base_url=way.base_url,
                api_version=VERSION,
                httpx_async_client=way.http,
                httpx_client=httpx2.Client(transport=httpx2.BaseTransport(), trust_env=False),
            ),
        )
        headers = {"x-goog-api-key": way.key}
        self.listing = f"{way.base_url}/{VERSION}/models?pageSize=1000", headers

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        taken = {theirs: given.pop(ours) for ours, theirs in _KNOWN.items() if ours in given}
        if taken.get("top_k") == 0:  # llama.cpp's word for all tokens
            del taken["top_k"]
        if given.pop("logprobs", None):
            taken |= {"response_logprobs": True, "logprobs": given.pop("top_logprobs", None)}
        shape = json_shape(taken)
        if shape and shape[0] == "json_object":
            del taken["response_format"]
            taken["response_mime_type"] = "application/json"
        if given:
            taken["http_options"] = {"extra_body": {"generationConfig": given}}
        return taken

    def usage(self, body: Mapping[str, Any]) -> Any:
        said = body["usageMetadata"]
        thought = said.get("thoughtsTokenCount") or 0
        return {
            "prompt_tokens": said["promptTokenCount"] + (said.get("toolUsePromptTokenCount") or 0),
            "completion_tokens": _count(said, "candidatesTokenCount") + thought,
            "prompt_tokens_details": {"cached_tokens": said.get("cachedContentTokenCount")},
            "completion_tokens_details": {"reasoning_tokens": thought},
        }

    def choices(self, body: Mapping[str, Any]) -> list[Any]:
        blocked = (body.get("promptFeedback") or {}).get("blockReason")
        if blocked and not body.get("candidates"):
            return [{"message": {"content": ""}, "finish_reason": _end(blocked)}]
        return [_choice(one) for one in body["candidates"]]

    def revised(self, fault: Refused, body: Any) -> Refused:
        status, wait = fault.status, fault.retry_after_s
        for detail in _details(body):
            if detail.get("reason") == "API_KEY_INVALID":
                status = 401
            delay = _DELAY.fullmatch(str(detail.get("retryDelay")))
            if delay and wait is None:
                wait = float(delay[1])
        if (status, wait) == (fault.status, fault.retry_after_s):
            return fault
        return Refused(status, fault.said, wait, fault.usage, fault.params)


def _count(said: Mapping[str, Any], name: str) -> Any:
    """A count that is left out where it is 0."""
    return said.get(name, 0)


def _choice(candidate: Any) -> dict[str, Any]:
    """A candidate; one without content, as a filter leaves it, is empty."""
    content = candidate.get("content", {})
    parts = [_part(one) for one in content.get("parts") or ()]
    choice = {"message": {"content": parts}, "finish_reason": _end(candidate.get("finishReason"))}
    return choice | {"logprobs": {"content": _logprobs(candidate.get("logprobsResult"))}}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = "thinking" if part.get("thought") else "text"
    return {"type": kind, kind: part.get("text", "")}


def _end(reason: Any) -> str:
    ended = str(reason or "unknown").lower()
    return "content_filter" if ended in _FILTERS else ended


def _logprobs(result: Any) -> list[Any] | None:
    if not isinstance(result, dict):
        return None
    tops = result.get("topCandidates") or ()
    rivals = [[_token(token) for token in one.get("candidates", ())] for one in tops]
    chosen = [_token(one) for one in result.get("chosenCandidates") or ()]
    return [token | {"top_logprobs": others} for token, others in zip(chosen, rivals, strict=False)]


def _token(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": said["token"], "logprob": said["logProbability"]}


def _details(body: Any) -> list[dict[str, Any]]:
    """What stands under an error's `details`."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


ADAPTER = Gemini
