"""OpenAI's protocol, and two that are nearly it: Azure's and Mistral's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.brain import Payload
from tests.servers.protocol import Unknown, only


class OpenAI:
    """The one that the fake speaks anyway."""

    name = "openai"
    base = "/v1"

    def endpoint(self, url: str) -> dict[str, Any]:
        return {"model": "fake", "base_url": url}

    def payload(self, path: str, body: Any) -> Payload:
        found: Payload = body
        return found

    def key(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def answer(self, answer: Mapping[str, Any]) -> Any:
        return answer

    def error(self, status: int, message: str) -> Any:
        return {"error": {"message": message, "type": "fake", "code": None}}

    def listing(self, names: Sequence[str]) -> Any:
        return {"object": "list", "data": [{"id": name} for name in names]}


class Azure(OpenAI):
    """OpenAI's at a deployment, with another header."""

    name = "azure"
    base = ""
    version = "2024-10-21"

    def endpoint(self, url: str) -> dict[str, Any]:
        azure = {"endpoint": url, "api_version": self.version, "deployment": "my-mini"}
        return {"model": "fake", "azure": azure}

    def payload(self, path: str, body: Any) -> Payload:
        parts = urlsplit(path)
        if parts.path != "/openai/deployments/my-mini/chat/completions":
            raise Unknown(f"no deployment at {parts.path}")
        if parse_qs(parts.query) != {"api-version": [self.version]}:
            raise Unknown(f"api-version: {parts.query}")
        return super().payload(path, body)

    def key(self, headers: Mapping[str, str]) -> str:
        return headers.get("api-key", "")


class Mistral(OpenAI):
    """POST /v1/chat/completions: OpenAI's, by other names, and strict about what it knows."""

    name = "mistralai"
    _known = (
        *("model", "messages", "temperature", "top_p", "max_tokens", "stop", "random_seed", "n"),
        *("response_format", "frequency_penalty", "presence_penalty", "stream", "safe_prompt"),
    )

    def endpoint(self, url: str) -> dict[str, Any]:
        return {"model": "mistralai:mistral-fake", "provider_url": url}

    def payload(self, path: str, body: Any) -> Payload:
        if path != "/v1/chat/completions":
            raise Unknown(f"no such path: {path}")
        only(body, self._known)
        given = dict(body)
        if "random_seed" in given:
            given["seed"] = given.pop("random_seed")
        return given

    def answer(self, answer: Mapping[str, Any]) -> Any:
        choices = answer.get("choices")
        if isinstance(choices, list):
            kept = [{k: v for k, v in one.items() if k != "logprobs"} for one in choices]
            return {**answer, "choices": kept}
        return answer

    def error(self, status: int, message: str) -> Any:
        return {"object": "error", "message": message, "type": "fake", "code": str(status)}
