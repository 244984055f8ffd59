"""The fake server in the protocols of other providers, as their own documentation has them.

    with FakeChat(BRAIN, protocol=Anthropic()) as server: …

Each turns a request into OpenAI's words, which brain and bill understand, and OpenAI's answer into
its own: whatever a test plants in the answer is planted in the same place here. A request that the
real server would refuse for a field that it doesn't know is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from typing import Protocol as Typed
from urllib.parse import parse_qs, urlsplit

from tests.servers.brain import Payload

KEY = "sk-fake-0123456789abcdef"
KEY_NAME = "EVOKD_FAKE_KEY"
LABELER = "labeler"


class Unknown(Exception):
    """A field, a path or a role that the protocol has not; its words go into a 400."""


class Protocol(Typed):
    """One protocol."""

    name: str
    base: str
    """Behind host and port: the address that a config names."""

    def endpoint(self, url: str) -> dict[str, Any]:
        """What a config says of a server at this address."""
        ...

    def payload(self, path: str, body: Any) -> Payload:
        """A request in OpenAI's words; raises `Unknown`."""
        ...

    def key(self, headers: Mapping[str, str]) -> str:
        """The key that came with it."""
        ...

    def answer(self, answer: Mapping[str, Any]) -> Any:
        """OpenAI's answer, or what a test made of it, in this protocol."""
        ...

    def error(self, status: int, message: str) -> Any:
        """The body of an error."""
        ...

    def listing(self, names: Sequence[str]) -> Any:
        """The list of models."""
        ...


def encoded(protocol: Protocol, status: int, body: bytes) -> bytes:
    """A body of OpenAI's in another protocol; what is no such body stays as it is."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(document, dict):
        return body
    if document.get("error"):
        error = document["error"]
        said = error if isinstance(error, str) else str(error.get("message"))
        paid = protocol.answer({"usage": document["usage"]}) if document.get("usage") else {}
        return _json({**paid, **protocol.error(status, said)})
    return _json(protocol.answer(document)) if "choices" in document else body


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _only(body: Mapping[str, Any], known: Iterable[str], place: str = "") -> None:
    for name in body:
        if name not in known:
            raise Unknown(f"{place}{name}: Extra inputs are not permitted")


def _shape(schema: Any) -> dict[str, Any]:
    """A `response_format` with the name of the role whose schema it is; others send no name."""
    return {
        "type": "json_schema",
        "json_schema": {"name": _role(schema.get("properties", {})), "schema": schema},
    }


def _role(fields: Mapping[str, Any]) -> str:
    if "texts" in fields:
        return "hard_generator"
    if "1" not in fields:
        return "analyst"
    return "critic" if "action" in fields["1"].get("properties", {}) else LABELER


def _first(answer: Mapping[str, Any]) -> Any:
    """The first choice; or what stands in the place of choices, as an object without sense."""
    choices = answer["choices"]
    return choices[0] if isinstance(choices, list) and choices else None


def _renamed(usage: Any, names: Mapping[str, str]) -> Any:
    """Usage with its counts under other names; what is no object stays as it is."""
    if not isinstance(usage, dict):
        return usage
    return {theirs: usage[ours] for ours, theirs in names.items() if ours in usage}


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


class Anthropic:
    """POST /v1/messages."""

    name = "anthropic"
    base = ""
    _known = (
        *("model", "max_tokens", "messages", "system", "temperature", "top_p", "top_k"),
        *("stop_sequences", "output_config", "thinking", "metadata", "stream"),
    )
    _ends: Mapping[str, str] = {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_calls": "tool_use",
    }

    def endpoint(self, url: str) -> dict[str, Any]:
        return {"model": "anthropic:claude-fake", "provider_url": url}

    def payload(self, path: str, body: Any) -> Payload:
        if path != "/v1/messages":
            raise Unknown(f"no such path: {path}")
        _only(body, self._known)
        given = {"model": body["model"], "max_completion_tokens": body["max_tokens"]}
        given |= {name: body[name] for name in ("temperature", "top_p", "top_k") if name in body}
        if "stop_sequences" in body:
            if not all(text.strip() for text in body["stop_sequences"]):
                raise Unknown("stop_sequences: each stop sequence must contain non-whitespace")
            given["stop"] = body["stop_sequences"]
        shape = body.get("output_config", {}).get("format")
        if shape is not None:
            if shape["type"] != "json_schema" or shape["schema"]["additionalProperties"]:
                raise Unknown("output_config.format.schema: additionalProperties must be false")
            given["response_format"] = _shape(shape["schema"])
        said = [{"role": "system", "content": _plain(body["system"])}] if "system" in body else []
        for message in body["messages"]:
            if message["role"] not in ("user", "assistant") or not _plain(message["content"]):
                raise Unknown("messages: text content blocks must be non-empty")
            said.append({"role": message["role"], "content": _plain(message["content"])})
        return {**given, "messages": said}

    def key(self, headers: Mapping[str, str]) -> str:
        if "anthropic-version" not in headers:
            return ""
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return headers.get("x-api-key", bearer)

    def answer(self, answer: Mapping[str, Any]) -> Any:
        names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
        usage = _renamed(answer.get("usage"), names)
        if "choices" not in answer:
            return {"usage": usage}
        choice = _first(answer)
        body = {"id": "msg_fake", "type": "message", "role": "assistant", "model": "claude-fake"}
        content, ended = self._content(choice)
        return {**body, "content": content, "stop_reason": ended, "usage": usage}

    def _content(self, choice: Any) -> tuple[Any, str | None]:
        message = choice and choice["message"]
        if not message:
            return None, None
        if message.get("refusal"):
            return [], "refusal"
        if message.get("tool_calls"):
            return [{"type": "tool_use", "id": "1", "name": "f", "input": {}}], "tool_use"
        text, ended = message["content"], self._ends[choice["finish_reason"]]
        if text is None or isinstance(text, list):
            return text or [], ended
        return [{"type": "text", "text": text}], ended

    def error(self, status: int, message: str) -> Any:
        return {"type": "error", "error": {"type": "api_error", "message": message}}

    def listing(self, names: Sequence[str]) -> Any:
        return {"data": [{"type": "model", "id": name} for name in names], "has_more": False}


class Gemini:
    """POST /v1beta/models/NAME:generateContent."""

    name = "google_genai"
    base = ""
    _known = ("contents", "systemInstruction", "generationConfig", "safetySettings")
    _settings: Mapping[str, str] = {
        "temperature": "temperature",
        "topP": "top_p",
        "topK": "top_k",
        "seed": "seed",
        "maxOutputTokens": "max_completion_tokens",
        "stopSequences": "stop",
        "candidateCount": "n",
        "frequencyPenalty": "frequency_penalty",
        "logprobs": "top_logprobs",
        "responseLogprobs": "logprobs",
    }
    _shapes = ("responseMimeType", "responseJsonSchema")
    _roles: Mapping[str, str] = {"user": "user", "model": "assistant"}

    def endpoint(self, url: str) -> dict[str, Any]:
        return {"model": "google_genai:gemini-fake", "provider_url": url}

    def payload(self, path: str, body: Any) -> Payload:
        if path != "/v1beta/models/gemini-fake:generateContent":
            raise Unknown(f"no such path: {path}")
        _only(body, self._known)
        config = body.get("generationConfig", {})
        _only(config, (*self._settings, *self._shapes), "generationConfig.")
        given = {
            ours: config[theirs] for theirs, ours in self._settings.items() if theirs in config
        }
        if "responseJsonSchema" in config:
            if config.get("responseMimeType") != "application/json":
                raise Unknown("responseJsonSchema needs responseMimeType application/json")
            given["response_format"] = _shape(config["responseJsonSchema"])
        said = []
        if "systemInstruction" in body:
            said.append({"role": "system", "content": _plain(body["systemInstruction"]["parts"])})
        for content in body["contents"]:
            said.append({"role": self._roles[content["role"]], "content": _plain(content["parts"])})
        return {"model": "gemini-fake", **given, "messages": said}

    def key(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-goog-api-key", "")

    def answer(self, answer: Mapping[str, Any]) -> Any:
        names = {
            "prompt_tokens": "promptTokenCount",
            "completion_tokens": "candidatesTokenCount",
            "total_tokens": "totalTokenCount",
        }
        usage = _renamed(answer.get("usage"), names)
        if "choices" not in answer:
            return {"usageMetadata": usage}
        choices = answer["choices"]
        candidates = (
            [self._candidate(one) for one in choices] if isinstance(choices, list) else choices
        )
        return {"candidates": candidates, "usageMetadata": usage, "modelVersion": "gemini-fake"}

    def _candidate(self, choice: Any) -> Any:
        message = choice["message"]
        if not message:
            return {"content": None, "finishReason": "STOP"}
        if message.get("refusal"):
            return {"finishReason": "SAFETY"}
        if message.get("tool_calls"):
            call = {"functionCall": {"name": "f", "args": {}}}
            return {"content": {"parts": [call], "role": "model"}, "finishReason": "STOP"}
        text = message["content"]
        parts = text if isinstance(text, list) else [{"text": text}]
        if text is None:
            parts = []
        parts = [{"text": part.get("text")} for part in parts]
        ended = {"stop": "STOP", "length": "MAX_TOKENS"}[choice["finish_reason"]]
        return {"content": {"parts": parts, "role": "model"}, "finishReason": ended}

    def error(self, status: int, message: str) -> Any:
        return {"error": {"code": status, "message": message, "status": "FAKE"}}

    def listing(self, names: Sequence[str]) -> Any:
        return {"models": [{"name": f"models/{name}"} for name in names]}


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
        _only(body, self._known)
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


class Ollama:
    """POST /api/chat."""

    name = "ollama"
    base = ""
    _known = (
        *("model", "messages", "stream", "format", "options", "think", "keep_alive", "tools"),
        *("logprobs", "top_logprobs"),
    )

    def endpoint(self, url: str) -> dict[str, Any]:
        return {"model": "ollama:fake:7b", "provider_url": url}

    def payload(self, path: str, body: Any) -> Payload:
        if path != "/api/chat" or body.get("stream") is not False:
            raise Unknown(f"no such path, or a stream: {path}")
        _only(body, self._known)
        options = dict(body.get("options") or {})
        given = {"model": body["model"], "max_completion_tokens": options.pop("num_predict")}
        if isinstance(body.get("format"), dict):
            given["response_format"] = _shape(body["format"])
        given |= {name: body[name] for name in ("logprobs", "top_logprobs") if name in body}
        said = [{"role": m["role"], "content": m["content"]} for m in body["messages"]]
        return {**given, **options, "messages": said}

    def key(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def answer(self, answer: Mapping[str, Any]) -> Any:
        names = {"prompt_tokens": "prompt_eval_count", "completion_tokens": "eval_count"}
        usage = _renamed(answer.get("usage"), names)
        counts = usage if isinstance(usage, dict) else {}
        if "choices" not in answer:
            return counts
        choice = _first(answer)
        body = {"model": "fake:7b", "created_at": "2026-11-27T00:00:00Z", "done": True, **counts}
        if not choice or not choice["message"]:
            return {**body, "message": None}
        message = choice["message"]
        said: dict[str, Any] = {"role": "assistant", "content": message["content"]}
        if message.get("tool_calls"):
            said = {"role": "assistant", "content": "", "tool_calls": []}
        if isinstance(said["content"], list):
            said["content"] = _plain(said["content"])
        logprobs = (
            (choice.get("logprobs") or {}) if isinstance(choice.get("logprobs"), dict) else {}
        )
        more = {"logprobs": logprobs["content"]} if logprobs.get("content") else {}
        return {**body, "message": said, "done_reason": choice["finish_reason"], **more}

    def error(self, status: int, message: str) -> Any:
        return {"error": message}

    def listing(self, names: Sequence[str]) -> Any:
        return {"models": [{"name": name, "model": name} for name in names]}


def _plain(content: Any) -> str:
    """A text, or a list of parts with one."""
    if isinstance(content, str):
        return content
    return "".join(str(part["text"]) for part in content)


PROTOCOLS: dict[str, Protocol] = {
    one.name: one for one in (Anthropic(), Gemini(), Mistral(), Ollama(), Azure())
}
