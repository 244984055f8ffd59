"""The config file: what it may say, checked before anything is spent.

YAML in, one frozen pydantic tree out. Unknown keys are refused, every key but `task` has a
default, and every complaint names the field and what was expected. `evokd plan CONFIG.yaml` shows
the effect.
"""

from evokd.config.batch import BatchConfig
from evokd.config.decoding import Continuation, Decoding, DecodingConfig, PathsConfig, Rule
from evokd.config.embedded import HUB, ServerConfig, is_model_path
from evokd.config.errors import ConfigError, RunError
from evokd.config.loading import (
    anchored,
    explain,
    load_config,
    made_config,
    override,
    parse_config,
    parse_yaml,
    put,
    read_yaml,
    resolve_paths,
    use_plugins,
)
from evokd.config.loop import FeedbackConfig, LoopConfig, Switches
from evokd.config.memory import Gold, KeepConfig, ReviewConfig, Sampling
from evokd.config.model import (
    AUTO_PACK,
    AgentBudget,
    BudgetConfig,
    Config,
    Form,
    Limit,
    PromptsConfig,
)
from evokd.config.noise import NoiseAction, NoiseConfig, Prune
from evokd.config.roles import ROLES, Role, RoleSpec
from evokd.config.student import LoraConfig, StudentConfig
from evokd.config.task import DataConfig, HeadConfig, TaskConfig, TaskKind
from evokd.config.teachers import Endpoint, Price, Teachers
from evokd.config.tracking import Track, TrackerName
from evokd.config.yaml_text import dump_yaml

__all__ = [
    "AUTO_PACK",
    "HUB",
    "ROLES",
    "AgentBudget",
    "BatchConfig",
    "BudgetConfig",
    "Config",
    "ConfigError",
    "Continuation",
    "DataConfig",
    "Decoding",
    "DecodingConfig",
    "Endpoint",
    "FeedbackConfig",
    "Form",
    "Gold",
    "HeadConfig",
    "KeepConfig",
    "Limit",
    "LoopConfig",
    "LoraConfig",
    "NoiseAction",
    "NoiseConfig",
    "PathsConfig",
    "Price",
    "PromptsConfig",
    "Prune",
    "ReviewConfig",
    "Role",
    "RoleSpec",
    "Rule",
    "RunError",
    "Sampling",
    "ServerConfig",
    "StudentConfig",
    "Switches",
    "TaskConfig",
    "TaskKind",
    "Teachers",
    "Track",
    "TrackerName",
    "anchored",
    "dump_yaml",
    "explain",
    "is_model_path",
    "load_config",
    "made_config",
    "override",
    "parse_config",
    "parse_yaml",
    "put",
    "read_yaml",
    "resolve_paths",
    "use_plugins",
]
