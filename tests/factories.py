"""The cast, made to order. Names are fixed so that a failing test reads like a story."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from scheduling.models import Shift, WorkSchedule
from workforce.choices import AgentType, PriorityTier, RiskLevel, Role
from workforce.models import Agent, Membership, Organization, Presence, Team, User

PASSWORD = "correct horse battery staple"


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Halden Freight {n}")
    slug = factory.Sequence(lambda n: f"halden-{n}")
    time_zone = "Europe/Berlin"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    time_zone = "Europe/Berlin"

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", None)
        user = model_class(*args, **kwargs)
        user.set_password(password) if password else user.set_unusable_password()
        user.save()
        return user


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.MANAGER


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Pod {n}")


class AgentFactory(DjangoModelFactory):
    """An agent in any state: ``AgentFactory(current_state="ready")``. The constructor bypasses the lifecycle."""

    class Meta:
        model = Agent
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    agent_name = factory.Sequence(lambda n: f"agent-{n:02}")
    agent_type = AgentType.SPECIALIST
    capability_tags = factory.LazyFunction(lambda: ["web_research"])
    model_profile = "sonnet-balanced"
    owner_user = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory, organization=factory.SelfAttribute("..organization"))
    current_state = "ready"
    priority_tier = PriorityTier.P1
    risk_level = RiskLevel.LOW

    @factory.post_generation
    def presence(self: Agent, create: bool, extracted: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        if create:
            Presence.objects.get_or_create(agent=self, defaults=kwargs)


class WorkScheduleFactory(DjangoModelFactory):
    """Standard hours, Mon-Fri 09:00-17:00 in Berlin unless said otherwise."""

    class Meta:
        model = WorkSchedule
        skip_postgeneration_save = True

    agent = factory.SubFactory(AgentFactory)
    organization = factory.SelfAttribute("agent.organization")
    time_zone = "Europe/Berlin"
    grace_minutes = 10

    @factory.post_generation
    def shifts(self: WorkSchedule, create: bool, extracted: Any, **kwargs: Any) -> None:  # type: ignore[misc]
        """``shifts=[("Day", 0b0011111, 9 * 60, 17 * 60)]``."""
        for position, (name, days, start, end) in enumerate(extracted or [("standard", 0b0011111, 540, 1020)]):
            Shift.objects.create(
                schedule=self, name=name, days=days, start_minute=start, end_minute=end, position=position
            )
