"""The roles: each turns inputs into a prompt, and a reply into a typed result.

An agent knows prompt packs and the client it may ask; never LangGraph, torch or files.
"""
