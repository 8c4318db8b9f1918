"""What a person has not read yet."""

from dataclasses import dataclass

from workforce.models import Notice, Organization, User

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unread:
    """The newest few, and how many more there are."""

    notices: list[Notice]
    more: int

    @property
    def version(self) -> str:
        """The same as long as the same notices are unread."""
        return " ".join([*(str(notice.pk) for notice in self.notices), str(self.more)])


def unread_of(user: User, organization: Organization) -> Unread:
    """At most ``SHOWN`` notices, newest first. Two queries at most; a second one only where there are more."""
    unread = Notice.objects.filter(recipient=user, organization=organization, read_at__isnull=True)
    newest = list(unread.order_by("-created_at")[: SHOWN + 1])
    more = unread.count() - SHOWN if len(newest) > SHOWN else 0
    return Unread(notices=newest[:SHOWN], more=more)
