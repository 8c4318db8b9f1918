"""What a person has not read yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Window

from workforce.models import Notice, Organization, User

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unread:
    """The newest few, and how many more there are."""

    notices: Sequence[Notice]
    more: int

    @property
    def version(self) -> str:
        """The same as long as the same notices are unread."""
        return " ".join([*(str(notice.pk) for notice in self.notices), str(self.more)])


def unread_of(user: User, organization: Organization) -> Unread:
    """At most ``SHOWN`` notices, newest first. One query."""
    unread = Notice.objects.filter(recipient=user, organization=organization, read_at__isnull=True)
    newest = list(unread.annotate(unread=Window(Count("pk"))).order_by("-created_at", "-id")[:SHOWN])
    return Unread(notices=newest, more=newest[0].unread - len(newest) if newest else 0)
