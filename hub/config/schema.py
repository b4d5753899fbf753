"""The JSON Schema of `hub.yaml`, for editors; the same text each time."""

import json
from typing import Any

from hub.config.site import HubConfig


def json_schema() -> str:
    """Return it as a text that ends with a line break."""
    return json.dumps(_settled(HubConfig.model_json_schema()), indent=2, ensure_ascii=False) + "\n"


def _settled(node: Any, *, default: bool = False) -> Any:
    """Sort the words of defaults: those that stand for a set change their order from start to start."""
    if isinstance(node, dict):
        return {key: _settled(value, default=default or key == "default") for key, value in node.items()}
    if isinstance(node, list):
        words = default and all(isinstance(item, str) for item in node)
        return sorted(node) if words else [_settled(item, default=default) for item in node]
    return node
