"""OpenAI's Batch API: the one way to a teacher beside LangChain (docs/design/batch.md)."""
