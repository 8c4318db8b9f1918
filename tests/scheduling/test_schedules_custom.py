"""Custom hours of an agent: stored as a whole, changed as a whole, and followed by the clock (W1, W3, W5-W7, W11)."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q

from scheduling.models import ClockRecord, RecurrenceRule, ScheduleException, Shift, WorkSchedule
from scheduling.rules.hours import describe
from scheduling.selectors.duty import duty_of
from scheduling.services import schedules
from scheduling.services.schedule_data import hours_of
from tests.support.actors import SYSTEM, audited, person
from tests.support.clockwork import at, hire, live, standing, told
from workforce.models import Agent, AuditEvent
from workforce.rules.refusals import Invalid

pytestmark = pytest.mark.django_db

RULE = {"name": "Desk", "dtstart": "2026-11-16T09:00", "rrule": "FREQ=DAILY;INTERVAL=2", "duration_minutes": 480}
OFF = {"kind": "off", "date": "2026-11-20", "name": "Stocktaking"}
EXTRA = {"kind": "extra", "start": "2026-11-20T12:00", "end": "2026-11-20T14:00", "name": "Standby"}
CUSTOM = {"type": "custom", "time_zone": "Europe/Berlin", "rules": [RULE], "exceptions": [OFF, EXTRA]}
SHIFT = {"name": "Early", "days": ["mon"], "start": "06:00", "end": "10:00"}


def create(agent, moment="mon 08:00", by=SYSTEM, **data):
    return schedules.create(
        organization=agent.organization, agent_id=agent.pk, data=CUSTOM | data, by=by, now=at(moment)
    )


def update(row, moment="mon 08:30", **data):
    return schedules.update(organization=row.organization, schedule_id=row.pk, data=data, by=SYSTEM, now=at(moment))


def rows():
    return Shift.objects.count(), RecurrenceRule.objects.count(), ScheduleException.objects.count()


def test_it_is_stored_given_back_and_audited(agent, alice):
    made = create(agent, by=person(alice))
    assert {key: schedules.as_facts(made)[key] for key in CUSTOM} == CUSTOM
    rule = made.rules.get()
    assert (str(rule.starts_on), rule.start_minute, rule.duration_minutes) == ("2026-11-16", 540, 480)
    assert {(e.kind, str(e.date), e.start_minute, e.duration_minutes) for e in made.exceptions.all()} == {
        ("off", "2026-11-20", None, None),
        ("extra", "2026-11-20", 720, 120),
    }
    (event,) = audited(agent, action="schedule.created")
    assert event.actor_label == "Alice"
    assert (event.after["rules"], event.after["exceptions"]) == ([RULE], [OFF, EXTRA])
    assert "shifts" not in event.after


def test_a_rule_is_stored_in_one_form(agent):
    made = create(
        agent, rules=[{**RULE, "rrule": "rrule:freq=weekly;byday=we,mo;until=20270301T080000Z"}], exceptions=[]
    )
    assert made.rules.get().rrule == "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270301T090000"


def test_the_clock_lives_by_it(agent):
    create(agent)
    live("mon 08:30", "sat 23:00")
    # Monday and Wednesday by the rule; Friday is off but for the extra window; Tuesday, Thursday, Saturday nothing.
    assert [(event, moment) for event, moment, _ in told(agent) if moment > at("mon 08:00")] == [
        ("auto_wake", at("mon 09:00")),
        ("auto_pause", at("mon 17:10")),
        ("auto_wake", at("wed 09:00")),
        ("auto_pause", at("wed 17:10")),
        ("auto_wake", at("fri 12:00")),
        ("auto_pause", at("fri 14:10")),
    ]


def test_the_card_and_the_next_event_know_it(agent):
    create(agent)
    agent.refresh_from_db()
    duty = duty_of([agent], now=at("thu 12:00"))[agent.pk]
    assert duty.next_event == ("clocks_in", at("fri 12:00"))
    assert duty.schedule_text == "Desk: Every second day 09:00–17:00; 1 day off; 1 extra window"


def test_hours_that_have_ended_wake_nobody(agent):
    made = create(agent, rules=[{**RULE, "rrule": "FREQ=DAILY;COUNT=2"}], exceptions=[])
    live("mon 08:30", "sun 23:00")
    assert [event for event, *_ in told(agent)][-1] == "auto_pause"
    made.refresh_from_db()
    assert made.clock_due_at is None, "nothing is left to look at"
    agent.refresh_from_db()
    assert duty_of([agent], now=at("sun 23:00"))[agent.pk].next_event is None


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({"rules": []}, ["rules"]),
        ({"rules": None, "exceptions": 7}, ["rules", "exceptions"]),
        ({"rules": [{**RULE, "rrule": "FREQ=HOURLY"}]}, ["rules.0.rrule"]),
        ({"rules": [RULE, {**RULE, "name": "B", "duration_minutes": 0}]}, ["rules.1.duration_minutes"]),
        ({"exceptions": [OFF, EXTRA, OFF]}, ["exceptions.2.date"]),
        ({"exceptions": [{**EXTRA, "end": "x"}]}, ["exceptions.0.end"]),
        ({"shifts": [SHIFT]}, ["shifts"]),
        ({"days": ["mon"], "start": "09:00", "end": "17:00"}, ["shifts"]),
        ({"time_zone": "Mars", "rules": [{}], "grace_minutes": 500}, [
            "time_zone", "rules.0.dtstart", "rules.0.rrule", "rules.0.duration_minutes", "grace_minutes",
        ]),
    ],
    ids=range(9),
)  # fmt: skip
def test_every_fault_is_told_and_nothing_written(agent, data, paths):
    with pytest.raises(Invalid) as refused:
        create(agent, **data)
    assert [path for path, _ in refused.value.fields] == paths
    assert (WorkSchedule.objects.count(), *rows()) == (0, 0, 0, 0)
    made = create(agent)
    before = WorkSchedule.objects.filter(pk=made.pk).values().get(), rows(), AuditEvent.objects.count()
    with pytest.raises(Invalid) as refused:
        update(made, **data)
    assert [path for path, _ in refused.value.fields] == paths
    assert (WorkSchedule.objects.filter(pk=made.pk).values().get(), rows(), AuditEvent.objects.count()) == before


def test_what_is_left_out_of_a_change_stays(agent):
    made = create(agent)
    update(made, grace_minutes=0)
    assert rows() == (0, 1, 2)
    update(made, exceptions=[OFF])
    assert rows() == (0, 1, 1)
    event = audited(agent, action="schedule.changed")[-1]
    assert (event.before, event.after) == ({"exceptions": [OFF, EXTRA]}, {"exceptions": [OFF]})


def test_what_is_as_it_was_is_no_change(agent):
    made = create(agent)
    events = AuditEvent.objects.count()
    ids = set(made.rules.values_list("pk", flat=True))
    update(made, rules=[{**RULE, "rrule": "freq=daily;interval=2;"}], exceptions=[EXTRA, OFF])
    assert AuditEvent.objects.count() == events
    assert set(made.rules.values_list("pk", flat=True)) == ids


def test_a_change_of_type_leaves_nothing_behind(agent):
    made = create(agent)
    made = update(made, type="shift", shifts=[SHIFT])
    assert rows() == (1, 0, 0)
    assert describe(made.hours()) == "Early 06:00–10:00 Mon"
    event = audited(agent, action="schedule.changed")[-1]
    assert set(event.before) == {"type", "rules", "exceptions"}
    assert set(event.after) == {"type", "shifts"}
    made = update(made, "mon 08:40", type="custom", rules=[RULE])
    assert rows() == (0, 1, 0)
    made = update(made, "mon 08:50", type="standard", days=["tue"], start="10:00", end="11:00")
    assert rows() == (1, 0, 0)
    assert describe(made.hours()) == "Tue 10:00–11:00"


def test_a_change_of_type_needs_its_windows(agent):
    made = create(agent)
    with pytest.raises(Invalid) as refused:
        update(made, type="standard")
    assert [path for path, _ in refused.value.fields] == ["shifts"]
    standard = update(made, type="standard", days=["tue"], start="10:00", end="11:00")
    with pytest.raises(Invalid) as refused:
        update(standard, type="custom")
    assert [path for path, _ in refused.value.fields] == ["rules"]


def test_who_is_at_work_when_the_day_becomes_off_ends_with_the_next_window(agent):
    made = create(agent)
    live("mon 08:30", "mon 12:00")
    assert standing(agent)[0] == "clocked_in"
    update(made, "mon 12:00", exceptions=[{"kind": "off", "date": "2026-11-16"}], grace_minutes=0)
    live("mon 12:00", "mon 12:10")
    agent.refresh_from_db()
    # Who is at work when hours change ends with the next window, as after a clock-in by hand (W4).
    assert duty_of([agent], now=at("mon 12:10"))[agent.pk].next_event == ("clocks_out", at("wed 17:00"))


def test_deleting_takes_all_of_it(agent):
    made = create(agent)
    schedules.delete(organization=made.organization, schedule_id=made.pk, by=SYSTEM, now=at("mon 08:30"))
    assert rows() == (0, 0, 0)
    (event,) = audited(agent, action="schedule.deleted")
    assert event.before["rules"] == [RULE]


def test_unsaved_hours_are_checked_the_same_way():
    assert describe(hours_of(CUSTOM)).startswith("Desk: Every second day")
    with pytest.raises(Invalid):
        hours_of({**CUSTOM, "rules": []})


def test_any_number_of_agents_is_loaded_in_as_many_queries(agent, django_assert_num_queries):
    agents = [hire(agent) for _ in range(6)]
    for one in agents[:3]:
        create(one)
    for one in agents[3:]:
        schedules.create(
            organization=one.organization, agent_id=one.pk, by=SYSTEM, now=at("mon 08:00"),
            data={"time_zone": "UTC", "days": ["mon"], "start": "09:00", "end": "17:00"},
        )  # fmt: skip
    of = WorkSchedule.objects.with_hours()
    with django_assert_num_queries(2):
        assert len([row.hours() for row in of.filter(agent__in=agents[3:])]) == 3, "weekly hours pay for nothing more"
    with django_assert_num_queries(4):
        assert len([row.hours() for row in of.all()]) == 6
    with django_assert_num_queries(4):
        assert of.get(agent=agents[0]).hours().rules
    with django_assert_num_queries(4):
        assert of.filter(Q(agent=agents[0])).select_related("agent").first().hours().rules
    assert set(of.values_list("agent_id", flat=True)) == {one.pk for one in agents}


def test_ten_agents_of_ten_rules_wake_in_one_sweep(agent):
    rules = [{**RULE, "name": f"R{n}", "dtstart": f"2026-11-17T09:0{n}"} for n in range(10)]
    for _ in range(10):
        create(hire(agent), rules=rules, exceptions=[])
    live("mon 08:30", "tue 10:00")
    assert ClockRecord.objects.filter(event="auto_wake", time=at("tue 09:00")).count() == 10


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (RecurrenceRule, {"rrule": ""}),
        (RecurrenceRule, {"start_minute": 1440}),
        (RecurrenceRule, {"duration_minutes": 0}),
        (RecurrenceRule, {"duration_minutes": 10081}),
        (ScheduleException, {"kind": "half"}),
        (ScheduleException, {"kind": "extra"}),
        (ScheduleException, {"start_minute": 60}),
        (ScheduleException, {"start_minute": 60, "duration_minutes": 60}),
        (ScheduleException, {"kind": "extra", "start_minute": 1440, "duration_minutes": 60}),
        (ScheduleException, {"kind": "extra", "start_minute": 60, "duration_minutes": 10081}),
        (ScheduleException, {"date": "2026-11-20"}),
    ],
)
def test_the_database_keeps_it_whole(agent, model, wrong):
    made = create(agent)
    right = {
        RecurrenceRule: {"starts_on": "2026-11-16", "start_minute": 0, "rrule": "FREQ=DAILY", "duration_minutes": 60},
        ScheduleException: {"kind": "off", "date": "2026-12-25"},
    }[model]
    model.objects.create(schedule=made, **right)
    other = create(hire(agent), exceptions=[OFF])
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(schedule=other, **(right | wrong))


def test_an_outage_over_a_day_off_is_applied_once(agent):
    create(agent)
    live("mon 08:30", "mon 12:00")
    live("sat 12:00", "sat 12:01")
    last = ClockRecord.objects.filter(agent=agent).order_by("-time", "-id").first()
    assert (last.event, last.scheduled_at) == ("auto_pause", at("mon 17:10"))
    agent = Agent.objects.get(pk=agent.pk)
    assert duty_of([agent], now=at("sat 12:01"))[agent.pk].next_event == ("clocks_in", at("sun 09:00"))
