"""The log: lines for people, or one JSON object a line for machines that gather logs."""

import json
import logging
import sys
from datetime import UTC, datetime

from hub.config import Logs
from maskgate.clock import rfc3339


class JsonLines(logging.Formatter):
    """Writes `at`, `level`, `logger`, `message`, and `error` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        document = {
            "at": rfc3339(datetime.fromtimestamp(record.created, UTC)), "level": record.levelname.lower(),
            "logger": record.name, "thread": record.threadName, "message": record.getMessage(),
        }  # fmt: skip
        if record.exc_info:
            document["error"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False)


def begin(logs: Logs) -> None:
    """Write the log to standard error from here on."""
    handler = logging.StreamHandler(sys.stderr)
    words = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if logs.format == "json" else words)
    logging.basicConfig(level=logs.level.upper(), handlers=[handler], force=True)
