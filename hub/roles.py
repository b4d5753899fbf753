"""What somebody at the pages may do."""

from enum import StrEnum


class Role(StrEnum):
    """Each may do what the one before may, and more."""

    VIEWER = "viewer"  # look
    OPERATOR = "operator"  # also command doors and see pictures
    ADMIN = "admin"  # also say who may do what

    def includes(self, other: "Role") -> bool:
        """Whether this one may do what `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)
