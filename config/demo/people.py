"""Who works at the demo company: data only."""

from dataclasses import dataclass

from workforce.choices import Role

ORGANIZATION = "Halden Freight"
SLUG = "halden-freight"
TIME_ZONE = "Europe/Berlin"
DOMAIN = "haldenfreight.example"


@dataclass(frozen=True, slots=True)
class Person:
    """``opens_admin``: may open the admin pages beside."""

    name: str
    role: Role
    what: str
    opens_admin: bool = False

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@{DOMAIN}"


MANAGER = Person("Mara Lindqvist", Role.MANAGER, "Workforce manager", opens_admin=True)
PEOPLE = (
    MANAGER,
    Person("Tomas Reyes", Role.LEAD, "Pod lead, Support"),
    Person("Ines Okafor", Role.LEAD, "Pod lead, Growth"),
    Person("Jonas Weber", Role.LEAD, "Pod lead, Platform"),
    Person("Hanna Vogel", Role.LEAD, "Pod lead, Research"),
    Person("Greta Sund", Role.HR, "HR, opens the admin", opens_admin=True),
    Person("Priya Raman", Role.VIEWER, "Viewer who owns agents"),
    Person("Oskar Nyberg", Role.VIEWER, "Viewer"),
)
#: Pod -> its lead, a person or an agent.
PODS = {
    "Support": "Tomas Reyes",
    "Growth": "Ines Okafor",
    "Platform": "Jonas Weber",
    "Research": "Hanna Vogel",
    "Back office": "ledger-main",
}
