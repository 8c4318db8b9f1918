"""The fixed cast: Alice manages, Lee leads the pod, Olga owns the agent, Vera only looks, Charlie is a stranger."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support import flush  # noqa: F401  lets a test database be emptied although its tables refuse
from workforce.choices import ActorKind, Role
from workforce.rules.actors import Actor


@pytest.fixture
def organization(db: None) -> Any:
    from tests.factories import OrganizationFactory

    return OrganizationFactory(name="Halden Freight", slug="halden")


@pytest.fixture
def other_organization(db: None) -> Any:
    from tests.factories import OrganizationFactory

    return OrganizationFactory(name="Other Inc", slug="other")


def _member(organization: Any, name: str, role: Role) -> Any:
    from tests.factories import MembershipFactory, UserFactory

    user = UserFactory(name=name, email=f"{name.lower()}@example.com")
    MembershipFactory(organization=organization, user=user, role=role)
    return user


@pytest.fixture
def alice(organization: Any) -> Any:
    """Workforce manager."""
    return _member(organization, "Alice", Role.MANAGER)


@pytest.fixture
def lee(organization: Any) -> Any:
    """Pod lead of ``pod``."""
    return _member(organization, "Lee", Role.LEAD)


@pytest.fixture
def olga(organization: Any) -> Any:
    """Owner of ``agent``; her membership is only a viewer's."""
    return _member(organization, "Olga", Role.VIEWER)


@pytest.fixture
def vera(organization: Any) -> Any:
    """A viewer who owns nothing."""
    return _member(organization, "Vera", Role.VIEWER)


@pytest.fixture
def hugo(organization: Any) -> Any:
    """HR staff: may open the admin."""
    user = _member(organization, "Hugo", Role.HR)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


@pytest.fixture
def charlie(other_organization: Any) -> Any:
    """A manager, but of another organisation."""
    return _member(other_organization, "Charlie", Role.MANAGER)


@pytest.fixture
def pod(organization: Any, lee: Any) -> Any:
    from tests.factories import TeamFactory

    return TeamFactory(organization=organization, name="Support", lead_user=lee)


@pytest.fixture
def agent(organization: Any, pod: Any, olga: Any) -> Any:
    """Ready, P1, without a schedule."""
    from tests.factories import AgentFactory

    return AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name="support-triage-01")


@pytest.fixture
def actor() -> Callable[[Any], Actor]:
    """A person as an actor: ``actor(alice)``."""

    def make(user: Any) -> Actor:
        return Actor(kind=ActorKind.USER, id=str(user.pk), label=user.name)

    return make


@pytest.fixture
def now() -> datetime:
    """A Thursday, 14:32 in Berlin."""
    return datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
