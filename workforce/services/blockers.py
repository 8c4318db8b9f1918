"""What may be said of something that cannot go on: why, and who can unblock it (001 §1.2, spec R7)."""

from uuid import UUID

from workforce.choices import BlockerCode
from workforce.models import Agent, Organization, User

Faults = list[tuple[str, str]]


def faults_of(code: str, unblock_user: UUID | None, unblock_agent: UUID | None) -> Faults:
    faults: Faults = []
    if code not in list(BlockerCode):
        faults.append(("code", f"Choose one of: {', '.join(BlockerCode)}."))
    if unblock_user and unblock_agent:
        faults.append(("unblock_agent", "Name one who can unblock it: a person or an agent."))
    return faults


def unblocker(
    organization: Organization, agent: Agent, user_id: UUID | None, agent_id: UUID | None, faults: Faults
) -> User | Agent:
    """The one named, or else the agent's owner."""
    if user_id is not None:
        person = User.objects.filter(pk=user_id, is_active=True, memberships__organization=organization).first()
        if person is not None:
            return person
        faults.append(("unblock_user", "There is no such person in this organisation."))
    if agent_id is not None:
        colleague = Agent.objects.of(organization).active().filter(pk=agent_id).exclude(pk=agent.pk).first()
        if colleague is not None:
            return colleague
        faults.append(("unblock_agent", "There is no such other agent in this organisation."))
    return agent.owner
