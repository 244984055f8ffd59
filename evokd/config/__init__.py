"""The config file: what it may say, checked before anything is spent.

YAML in, one frozen pydantic tree out. Unknown keys are refused, every key but `task` has a
default, and every complaint names the field and what was expected. `evokd plan CONFIG.yaml` shows
the effect.
"""

from evokd.config.dasd import (
    Arm,
    DasdConfig,
    DecodingConfig,
    MixedConfig,
    SelectionConfig,
    StageConfig,
)
from evokd.config.errors import ConfigError
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
    ROLES,
    AgentBudget,
    BudgetConfig,
    Config,
    Endpoint,
    FeedbackConfig,
    LoopConfig,
    LoraConfig,
    Price,
    PromptsConfig,
    ReviewConfig,
    Role,
    StudentConfig,
    Switches,
    Teachers,
)
from evokd.config.rivals import METHODS, REASONING, Method, RivalsConfig, SunGenConfig
from evokd.config.task import DataConfig, HeadConfig, TaskConfig, TaskKind

__all__ = [
    "METHODS",
    "REASONING",
    "ROLES",
    "AgentBudget",
    "Arm",
    "BudgetConfig",
    "Config",
    "ConfigError",
    "DasdConfig",
    "DataConfig",
    "DecodingConfig",
    "Endpoint",
    "FeedbackConfig",
    "HeadConfig",
    "LoopConfig",
    "LoraConfig",
    "Method",
    "MixedConfig",
    "Price",
    "PromptsConfig",
    "ReviewConfig",
    "RivalsConfig",
    "Role",
    "SelectionConfig",
    "StageConfig",
    "StudentConfig",
    "SunGenConfig",
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
