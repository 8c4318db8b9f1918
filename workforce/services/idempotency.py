"""Writes that come with an ``Idempotency-Key`` are done once; repeated, they get the answer of the first (spec I3).

A claim is committed before the deed, so that whoever comes meanwhile sees it. The answer is kept in the transaction of
the deed, so that a worker killed at any point leaves both or neither.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import Error, transaction

from workforce.models import ApiKey, IdempotentRequest
from workforce.rules import idempotency as rules
from workforce.rules.refusals import Busy, Mismatch

#: How long an answer can be had again.
KEPT = timedelta(hours=24)
#: How long a claim without an answer holds its key: more than any request takes, for the worker that was killed.
HELD = timedelta(minutes=2)
RETRY_AFTER_S = 1
#: Rows forgotten in one transaction.
BATCH = 500
#: Somebody may give up or replace a claim between two looks at it; not forever.
_LOOKS = 5


def claim(*, api_key: ApiKey, key: str, method: str, path: str, body: bytes, now: datetime) -> IdempotentRequest:
    """This call's claim; or, where ``answered_at`` is set, that of an earlier one, whose answer is to be given again.

    Raises ``Invalid`` (the key itself), ``Mismatch`` (it was used for another request), ``Busy`` (still being done).
    """
    mine = IdempotentRequest(
        api_key=api_key,
        key=rules.check_key(key),
        method=method,
        path=rules.fitted(path),
        body_hash=rules.digest(body),
        created_at=now,
        expires_at=now + HELD,
    )
    for _ in range(_LOOKS):
        there = _put(mine, now=now)
        if there is None:
            continue
        if there.pk == mine.pk:
            return mine
        if (there.method, there.path, there.body_hash) != (mine.method, mine.path, mine.body_hash):
            raise Mismatch(
                "This Idempotency-Key was used for another request. Use a new key for each new request.",
                code="idempotency_key_reused",
            )
        if there.answered_at is not None:
            return there
        break
    raise _busy()


def answer(*, claim: IdempotentRequest, status: int, content_type: str, body: str, now: datetime) -> None:
    """Keep the answer; call in the transaction of the deed. Raises ``Busy`` where the claim ran out and is another's:
    the deed is then theirs, and must be undone here."""
    kept = IdempotentRequest.objects.filter(pk=claim.pk, answered_at__isnull=True).update(
        answered_at=now, status_code=status, content_type=content_type, body=body, expires_at=now + KEPT
    )
    if not kept:
        raise _busy()


def give_up(*, claim: IdempotentRequest) -> None:
    """Nothing was done, and the same key may try again. Where the database is away, the claim runs out by itself."""
    with suppress(Error), transaction.atomic():
        IdempotentRequest.objects.filter(pk=claim.pk, answered_at__isnull=True).delete()


def forget_expired(*, now: datetime) -> int:
    """Remove answers and claims that are over, in batches; safe to run twice and at once. Returns how many."""
    forgotten = 0
    while True:
        with transaction.atomic():
            over = IdempotentRequest.objects.filter(expires_at__lte=now).order_by("expires_at")
            ids = list(over.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
            forgotten += IdempotentRequest.objects.filter(pk__in=ids, expires_at__lte=now).delete()[0]
        if len(ids) < BATCH:
            return forgotten


@transaction.atomic(durable=True)
def _put(mine: IdempotentRequest, *, now: datetime) -> IdempotentRequest | None:
    """Whose claim stands: the unique pair decides. None where it has just gone, and another look is due."""
    IdempotentRequest.objects.bulk_create([mine], ignore_conflicts=True)
    there = IdempotentRequest.objects.filter(api_key=mine.api_key, key=mine.key).first()
    if there is not None and there.pk != mine.pk and there.expires_at <= now:
        IdempotentRequest.objects.filter(pk=there.pk, expires_at__lte=now).delete()
        return None
    return there


def _busy() -> Busy:
    return Busy(
        "The request with this Idempotency-Key is still being done. Ask again shortly for its answer.",
        code="idempotency_key_in_use",
        retry_after_s=RETRY_AFTER_S,
    )
