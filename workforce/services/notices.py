"""Telling people, once (spec C4: never in the way of the work that caused it)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from workforce.models import Notice, Organization, User
from workforce.services.audit import Subject


def tell(
    *,
    organization: Organization | UUID,
    recipients: Iterable[User],
    kind: str,
    text: str,
    subject: Subject = ("", "", ""),
    key: str,
    now: datetime,
) -> None:
    """Write one notice per recipient; the same ``key`` is told to the same person once, whoever races."""
    tell_many(
        draft(organization=organization, recipient=user, kind=kind, text=text, subject=subject, key=key, now=now)
        for user in recipients
    )


def draft(
    *,
    organization: Organization | UUID,
    recipient: User,
    kind: str,
    text: str,
    subject: Subject = ("", "", ""),
    key: str,
    now: datetime,
) -> Notice:
    """A notice not yet written, for services that tell many at once."""
    subject_kind, subject_id, subject_label = subject
    return Notice(
        organization_id=organization.pk if isinstance(organization, Organization) else organization,
        recipient=recipient,
        kind=kind,
        text=text[:500],
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        subject_label=subject_label[:160],
        key=key,
        created_at=now,
    )


def tell_many(drafts: Iterable[Notice]) -> None:
    """One INSERT for all of them; what was told before is passed over."""
    Notice.objects.bulk_create(drafts, ignore_conflicts=True)


def mark_read(*, user: User, organization: Organization, notice_id: UUID | None = None, now: datetime) -> int:
    """One notice of this person, or all of them."""
    notices = Notice.objects.filter(recipient=user, organization=organization, read_at__isnull=True)
    if notice_id is not None:
        notices = notices.filter(pk=notice_id)
    return notices.update(read_at=now)
