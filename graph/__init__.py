"""The state machine: the only place that imports langgraph."""

import os

# langgraph reads this at import: checkpoints may then hold the types of the state schema alone
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
