"""The JSON Schema of `hub.yaml`, for editors; the same text each time."""

import json
from typing import Any

from hub.config.site import HubConfig


def json_schema() -> str:
    """Return it as a text that ends with a line break."""
    return json.dumps(_settled(HubConfig.model_json_schema()), indent=2, ensure_ascii=False) + "\n"


def _settled(node: Any) -> Any:
    """Sort what stands for a set: its order changes from start to start."""
    if isinstance(node, dict):
        done = {key: _settled(value) for key, value in node.items()}
        if done.get("uniqueItems") and "default" in done:
            done["default"] = sorted(done["default"])
        return done
    return [_settled(item) for item in node] if isinstance(node, list) else node
