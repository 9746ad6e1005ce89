"""What stands in the queue: JSON, so that who can write there cannot run code here."""

from datetime import datetime

import orjson
import structlog
from huey.registry import Message
from huey.serializer import Serializer

log = structlog.get_logger(__name__)


class JsonSerializer(Serializer):  # type: ignore[misc]  # huey ships no types
    """Of a task, only what ours have: name, arguments, and when it is due."""

    def _serialize(self, data: Message) -> bytes:
        due = data.eta and data.eta.isoformat()
        return orjson.dumps({"id": data.id, "name": data.name, "due": due, "args": data.args})

    def _deserialize(self, data: bytes) -> Message:
        """Whatever else huey takes out of the queue is dropped."""
        try:
            fields = orjson.loads(data)
            due = datetime.fromisoformat(fields["due"]) if fields["due"] else None
            [job] = map(str, fields["args"])
            return Message(str(fields["id"]), str(fields["name"]), due, args=(job,), kwargs={})
        except (TypeError, KeyError, ValueError):
            log.warning("unreadable-task")
            raise ValueError("no task of ours") from None
