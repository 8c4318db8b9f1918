"""API keys: per agent or per organisation, stored as a hash with a visible prefix (spec P4)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workforce.models.ids import uuid7
from workforce.models.people import Organization, User
from workforce.models.promises import Mutability
from workforce.models.roster import Agent


class ApiKey(models.Model):
    """The secret itself is shown once and never stored. An agent's key acts as that agent only."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_keys")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True, help_text="What an organisation's key may do.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by_label = models.CharField(max_length=160, blank=True, editable=False)
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="replaced_by", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by_label="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by_label="")),
                name="apikey_revoked_at_with_by",
            ),
            models.CheckConstraint(
                condition=Q(agent__isnull=True) | Q(scopes=[]), name="apikey_agent_keys_have_no_scopes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (pck_{self.prefix}_…)"
