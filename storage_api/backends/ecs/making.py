"""What is known of a thing once we have asked ECS to make it."""

from enum import Enum, auto


class Made(Enum):
    """``PERHAPS``: it is there, but the answer was lost, so it may be somebody else's."""

    SURELY = auto()
    PERHAPS = auto()
    BY_ANOTHER = auto()
