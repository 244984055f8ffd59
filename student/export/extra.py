"""The optional packages that ONNX needs: said once, in one way, when one of them is missing."""

from __future__ import annotations

from importlib.util import find_spec

from evokd.config import ConfigError

WRITING = ("onnx", "onnxscript", "onnxruntime")
"""To export; onnxruntime checks what was written."""
READING = ("onnxruntime",)


def require(packages: tuple[str, ...]) -> None:
    """Refuse to begin what could not be ended.

    Raises:
        ConfigError: naming the packages, and the command that installs them.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"ONNX needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not"
            " installed; `pip install -c constraints.txt -e '.[onnx]'` in evokd's folder"
        )
