"""Pods as filters name and offer them, and what tells one state of a page from the next: for every floor."""

import hashlib
from uuid import UUID

from workforce.models import Organization, Team

#: More are typed, not listed.
MOST_PODS = 100


def pods_of(organization: Organization) -> list[Team] | None:
    """To choose from; None where they are too many for that."""
    pods = list(Team.objects.filter(organization=organization).order_by("name")[: MOST_PODS + 1])
    return pods if len(pods) <= MOST_PODS else None


def pod_named(organization: Organization, text: str) -> Team | None:
    """The pod of that name or id in this organisation."""
    pods = Team.objects.filter(organization=organization)
    try:
        return pods.filter(pk=UUID(text)).first()
    except ValueError:
        return pods.filter(name__iexact=text).order_by("name").first()


def digest(*facts: object) -> str:
    """Sixteen hex digits that are the same for the same facts, in every process."""
    return hashlib.blake2s(repr(facts).encode(), digest_size=8).hexdigest()
