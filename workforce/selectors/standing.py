"""Where someone stands towards an agent: the columns of the ownership matrix, loaded once per request."""

from dataclasses import dataclass
from uuid import UUID

from workforce.choices import ActorKind, KeyScope, Role
from workforce.models import Agent, ApiKey, Membership, Organization, Team, User
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity, Column, may_act
from workforce.rules.refusals import Forbidden


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's place in one organisation. Two queries to load, none to ask."""

    user_id: UUID
    role: Role | None
    led_team_ids: frozenset[UUID]

    def columns(self, agent: Agent) -> set[Column]:
        columns = self.columns_in(agent.team_id)
        if self.role is not None and self.user_id in (agent.owner_user_id, agent.secondary_owner_user_id):
            columns.add(Column.OWNER)
        return columns

    def columns_in(self, team_id: UUID | None) -> set[Column]:
        """Where the person stands in a pod, whatever the agent."""
        columns: set[Column] = set()
        if self.role in (Role.MANAGER, Role.HR):
            columns.add(Column.MANAGER)
        if self.role is not None and team_id in self.led_team_ids:
            columns.add(Column.LEAD)
        return columns

    def may(self, activity: Activity, agent: Agent) -> bool:
        return may_act(activity, self.columns(agent))

    def may_hire_into(self, team_id: UUID | None) -> bool:
        return may_act(Activity.ONBOARDING, self.columns_in(team_id))

    @property
    def may_hire(self) -> bool:
        """Whether there is a pod at all into which the person may hire."""
        return any(self.may_hire_into(team_id) for team_id in (None, *self.led_team_ids))

    @property
    def manages(self) -> bool:
        """Whether the person stands in the manager's column for the whole organisation."""
        return self.role in (Role.MANAGER, Role.HR)


def standing_of(user: User, organization: Organization) -> Standing:
    membership = Membership.objects.filter(user=user, organization=organization).only("role").first()
    role = Role(membership.role) if membership else None
    if role is None and user.is_superuser:
        role = Role.HR
    led = Team.objects.filter(organization=organization, lead_user=user).values_list("id", flat=True) if role else ()
    return Standing(user_id=user.pk, role=role, led_team_ids=frozenset(led))


def actor_of_user(user: User) -> Actor:
    return Actor(kind=ActorKind.USER, id=str(user.pk), label=str(user)[:160])


def actor_of_key(key: ApiKey) -> Actor:
    """An agent's key acts as the agent; an organisation's key as itself, with its scopes."""
    if key.agent is not None:
        return Actor(kind=ActorKind.AGENT, id=str(key.agent.pk), label=key.agent.agent_name, agent_id=key.agent.pk)
    return Actor(kind=ActorKind.KEY, id=str(key.pk), label=f"Key {key.name}", scopes=frozenset(key.scopes))


def may(user: User, activity: Activity, agent: Agent) -> bool:
    return standing_of(user, agent.organization).may(activity, agent)


def _standing_of_actor(by: Actor, organization: Organization | UUID) -> Standing | None:
    user = User.objects.filter(pk=by.id, is_active=True).first()
    if user is None:
        return None
    if not isinstance(organization, Organization):
        organization = Organization.objects.get(pk=organization)
    return standing_of(user, organization)


def check_may(*, by: Actor, activity: Activity, agent: Agent, scope: KeyScope, agent_itself: bool = False) -> None:
    """Raise ``Forbidden`` unless ``by`` may do this to ``agent``.

    People by the ownership matrix, an organisation's key by ``scope``, an agent for itself where ``agent_itself``.
    """
    if by.kind == ActorKind.SYSTEM:
        return
    if by.kind == ActorKind.AGENT:
        if by.agent_id != agent.pk:
            raise Forbidden("This key acts for its own agent only.", code="not_your_agent")
        if not agent_itself:
            raise Forbidden("An agent may not do this itself; a person or an organisation's key may.")
        return
    if by.kind == ActorKind.KEY:
        check_scope(by=by, scope=scope)
        return
    standing = _standing_of_actor(by, agent.organization_id)
    if standing is None or not standing.may(activity, agent):
        raise Forbidden(
            f"You may not do this to {agent.agent_name}. Its owner, the lead of its pod or a workforce manager may.",
            code="not_yours",
        )


def check_may_in_pod(
    *, by: Actor, activity: Activity, organization: Organization, team: Team | None, scope: KeyScope
) -> None:
    """As ``check_may`` for an agent that is not there yet: nobody owns it. An agent's own key never may."""
    if by.kind == ActorKind.SYSTEM:
        return
    if by.kind == ActorKind.KEY:
        check_scope(by=by, scope=scope)
        return
    standing = _standing_of_actor(by, organization) if by.kind == ActorKind.USER else None
    here = isinstance(team, Team) and team.organization_id == organization.pk
    if standing is None or not may_act(activity, standing.columns_in(team.pk if here and team else None)):
        raise Forbidden("Only a workforce manager, HR or the lead of the pod may do this.", code="not_yours")


def check_may_hire(*, by: Actor, organization: Organization) -> Standing | None:
    """Raise ``Forbidden`` unless there is a pod into which ``by`` may hire. Returns a person's standing, which says
    into which; None for those who may everywhere."""
    if by.kind in (ActorKind.SYSTEM, ActorKind.KEY):
        check_scope(by=by, scope=KeyScope.ROSTER)
        return None
    standing = _standing_of_actor(by, organization) if by.kind == ActorKind.USER else None
    if standing is None or not standing.may_hire:
        raise Forbidden("Only a workforce manager, HR or the lead of a pod may do this.", code="not_yours")
    return standing


def check_may_somewhere(*, by: Actor, activity: Activity, organization: Organization, scope: KeyScope) -> None:
    """Raise ``Forbidden`` unless there is a pod in which ``by`` may do this: for what belongs to no pod."""
    if by.kind in (ActorKind.SYSTEM, ActorKind.KEY):
        check_scope(by=by, scope=scope)
        return
    standing = _standing_of_actor(by, organization) if by.kind == ActorKind.USER else None
    pods = (None, *standing.led_team_ids) if standing else ()
    if standing is None or not any(may_act(activity, standing.columns_in(pod)) for pod in pods):
        raise Forbidden("Only a workforce manager, HR or the lead of a pod may do this.", code="not_yours")


def check_scope(*, by: Actor, scope: KeyScope) -> None:
    if by.kind == ActorKind.KEY and scope.value not in by.scopes:
        raise Forbidden(f"This key lacks the scope “{scope.value}”.", code="missing_scope", scope=scope.value)


def check_superuser(*, by: Actor) -> None:
    """Raise ``Forbidden`` unless ``by`` is the system or a superuser: what no organisation decides for itself."""
    if by.kind == ActorKind.SYSTEM:
        return
    known = by.kind == ActorKind.USER and User.objects.filter(pk=by.id, is_active=True, is_superuser=True).exists()
    if not known:
        raise Forbidden("Only a superuser may do this.", code="not_yours")


def check_manages(*, by: Actor, organization: Organization) -> None:
    """Raise ``Forbidden`` unless ``by`` is the system, or manages the whole organisation."""
    if by.kind == ActorKind.SYSTEM:
        return
    standing = _standing_of_actor(by, organization) if by.kind == ActorKind.USER else None
    if standing is None or not standing.manages:
        raise Forbidden("Only a workforce manager or HR may do this.", code="not_yours")
