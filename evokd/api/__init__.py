"""The public Python API; `import evokd` is its lazy face, see `evokd/__init__.py`."""
