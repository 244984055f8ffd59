"""Search through what was sent and received: words, queries, an index, a plain scan, snippets."""
