"""The config file: what it may say, checked before anything is spent.

YAML in, one frozen pydantic tree out. Unknown keys are refused, every key but `task` has a
default, and every complaint names the field and what was expected. `evokd plan CONFIG.yaml` shows
the effect.
"""

from evokd.config.errors import ConfigError, RunError
from evokd.config.loading import (
    anchored,
    explain,
    load_config,
    override,
    parse_config,
    put,
    read_yaml,
    resolve_paths,
)
from evokd.config.model import (
    AgentBudget,
    BudgetConfig,
    Config,
    Endpoint,
    FeedbackConfig,
    Limit,
    LoopConfig,
    LoraConfig,
    Price,
    PromptsConfig,
    ReviewConfig,
    Sampling,
    StudentConfig,
    Switches,
    Teachers,
)
from evokd.config.roles import ROLES, Role, RoleSpec
from evokd.config.task import DataConfig, HeadConfig, TaskConfig, TaskKind

__all__ = [
    "ROLES",
    "AgentBudget",
    "BudgetConfig",
    "Config",
    "ConfigError",
    "DataConfig",
    "Endpoint",
    "FeedbackConfig",
    "HeadConfig",
    "Limit",
    "LoopConfig",
    "LoraConfig",
    "Price",
    "PromptsConfig",
    "ReviewConfig",
    "Role",
    "RoleSpec",
    "RunError",
    "Sampling",
    "StudentConfig",
    "Switches",
    "TaskConfig",
    "TaskKind",
    "Teachers",
    "anchored",
    "explain",
    "load_config",
    "override",
    "parse_config",
    "put",
    "read_yaml",
    "resolve_paths",
]
