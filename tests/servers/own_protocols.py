"""Protocols that have little of OpenAI's: Anthropic's, Gemini's, Ollama's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.servers.brain import Payload
from tests.servers.protocol import Unknown, first_of, only, plain, renamed, shape_of


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
        only(body, self._known)
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
            given["response_format"] = shape_of(shape["schema"])
        said = [{"role": "system", "content": plain(body["system"])}] if "system" in body else []
        for message in body["messages"]:
            if message["role"] not in ("user", "assistant") or not plain(message["content"]):
                raise Unknown("messages: text content blocks must be non-empty")
            said.append({"role": message["role"], "content": plain(message["content"])})
        return {**given, "messages": said}

    def key(self, headers: Mapping[str, str]) -> str:
        if "anthropic-version" not in headers:
            return ""
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return headers.get("x-api-key", bearer)

    def answer(self, answer: Mapping[str, Any]) -> Any:
        names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
        usage = renamed(answer.get("usage"), names)
        if "choices" not in answer:
            return {"usage": usage}
        choice = first_of(answer)
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
        only(body, self._known)
        config = body.get("generationConfig", {})
        only(config, (*self._settings, *self._shapes), "generationConfig.")
        given = {
            ours: config[theirs] for theirs, ours in self._settings.items() if theirs in config
        }
        if "responseJsonSchema" in config:
            if config.get("responseMimeType") != "application/json":
                raise Unknown("responseJsonSchema needs responseMimeType application/json")
            given["response_format"] = shape_of(config["responseJsonSchema"])
        said = []
        if "systemInstruction" in body:
            said.append({"role": "system", "content": plain(body["systemInstruction"]["parts"])})
        for content in body["contents"]:
            said.append({"role": self._roles[content["role"]], "content": plain(content["parts"])})
        return {"model": "gemini-fake", **given, "messages": said}

    def key(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-goog-api-key", "")

    def answer(self, answer: Mapping[str, Any]) -> Any:
        names = {
            "prompt_tokens": "promptTokenCount",
            "completion_tokens": "candidatesTokenCount",
            "total_tokens": "totalTokenCount",
        }
        usage = renamed(answer.get("usage"), names)
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
        only(body, self._known)
        options = dict(body.get("options") or {})
        given = {"model": body["model"], "max_completion_tokens": options.pop("num_predict")}
        if isinstance(body.get("format"), dict):
            given["response_format"] = shape_of(body["format"])
        given |= {name: body[name] for name in ("logprobs", "top_logprobs") if name in body}
        said = [{"role": m["role"], "content": m["content"]} for m in body["messages"]]
        return {**given, **options, "messages": said}

    def key(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def answer(self, answer: Mapping[str, Any]) -> Any:
        names = {"prompt_tokens": "prompt_eval_count", "completion_tokens": "eval_count"}
        usage = renamed(answer.get("usage"), names)
        counts = usage if isinstance(usage, dict) else {}
        if "choices" not in answer:
            return counts
        choice = first_of(answer)
        body = {"model": "fake:7b", "created_at": "2026-11-27T00:00:00Z", "done": True, **counts}
        if not choice or not choice["message"]:
            return {**body, "message": None}
        message = choice["message"]
        said: dict[str, Any] = {"role": "assistant", "content": message["content"]}
        if message.get("tool_calls"):
            said = {"role": "assistant", "content": "", "tool_calls": []}
        if isinstance(said["content"], list):
            said["content"] = plain(said["content"])
        logprobs = (
            (choice.get("logprobs") or {}) if isinstance(choice.get("logprobs"), dict) else {}
        )
        more = {"logprobs": logprobs["content"]} if logprobs.get("content") else {}
        return {**body, "message": said, "done_reason": choice["finish_reason"], **more}

    def error(self, status: int, message: str) -> Any:
        return {"error": message}

    def listing(self, names: Sequence[str]) -> Any:
        return {"models": [{"name": name, "model": name} for name in names]}
