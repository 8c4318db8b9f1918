"""Somebody to sign in with on an empty database."""

import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from workforce.choices import Role
from workforce.models import AuditEvent, Membership, Organization, User

pytestmark = pytest.mark.django_db


def create(tmp_path):
    out = StringIO()
    call_command("create_first_admin", state_dir=tmp_path, stdout=out)
    return out.getvalue()


def test_it_makes_one_organisation_and_one_administrator(tmp_path):
    said = create(tmp_path)
    user = User.objects.get()
    assert user.is_superuser
    assert user.is_staff
    membership = Membership.objects.get()
    assert (membership.user, membership.role) == (user, Role.MANAGER)
    assert (membership.organization.name, membership.organization.slug) == ("My company", "my-company")
    file = tmp_path / "sign-ins.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    email, password = file.read_text().splitlines()[1].split()[-2:]
    assert email == user.email
    assert user.check_password(password)
    assert password not in said
    assert AuditEvent.objects.filter(action="membership.added", actor_label="Setup").exists()


def test_it_does_nothing_where_there_are_people(tmp_path, alice):
    create(tmp_path)
    assert User.objects.get() == alice
    assert Organization.objects.count() == 1
    assert not list(tmp_path.iterdir())


def test_each_password_is_another(tmp_path):
    create(tmp_path)
    first = (tmp_path / "sign-ins.txt").read_text()
    Membership.objects.all().delete()
    User.objects.all().delete()
    Organization.objects.update(slug="renamed")
    create(tmp_path)
    assert (tmp_path / "sign-ins.txt").read_text() != first


def test_where_nothing_can_be_written_nothing_is_made(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(CommandError, match="Cannot write"):
        create(tmp_path / "state")
    assert not User.objects.exists()
    assert not Organization.objects.exists()
