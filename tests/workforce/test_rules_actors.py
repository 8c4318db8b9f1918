"""Who acts, and which column of the lifecycle's table that is."""

import dataclasses

import pytest

from workforce.choices import ActorKind
from workforce.rules import lifecycle
from workforce.rules.actors import Actor, system


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        (ActorKind.USER, lifecycle.PEOPLE),
        (ActorKind.KEY, lifecycle.PEOPLE),
        (ActorKind.AGENT, lifecycle.AGENT),
        (ActorKind.SYSTEM, lifecycle.SYSTEM),
    ],
)
def test_each_kind_has_its_side(kind, side):
    assert Actor(kind=kind, id="1", label="x").side == side


def test_every_kind_of_actor_is_known_here():
    assert set(ActorKind) == {ActorKind.USER, ActorKind.KEY, ActorKind.AGENT, ActorKind.SYSTEM}


def test_the_system_says_which_part_of_it_acts():
    clock = system("run_sweep")
    assert (clock.kind, clock.id, clock.label) == (ActorKind.SYSTEM, "run_sweep", "Run sweep")


def test_an_actor_does_not_change_hands():
    with pytest.raises(dataclasses.FrozenInstanceError):
        system("clock").label = "someone else"
