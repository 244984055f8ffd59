"""The protocols that the fake server speaks beside OpenAI's, by their provider."""

from __future__ import annotations

from tests.servers.openai_protocols import Azure, Mistral
from tests.servers.own_protocols import Anthropic, Gemini, Ollama
from tests.servers.protocol import KEY, KEY_NAME, Protocol

__all__ = ["KEY", "KEY_NAME", "PROTOCOLS"]

PROTOCOLS: dict[str, Protocol] = {
    one.name: one for one in (Anthropic(), Gemini(), Mistral(), Ollama(), Azure())
}
