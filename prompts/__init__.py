"""Packs of prompt templates, by pack, language and role; `docs/design/prompts.md` shows how."""
