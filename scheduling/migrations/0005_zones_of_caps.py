"""The zone of an agent's hours is known to its caps: windows are midnights of that zone (spec B1)."""

from django.db import migrations


def copy_zones(apps, schema_editor):
    work_schedule = apps.get_model("scheduling", "WorkSchedule")
    caps = apps.get_model("budgets", "Caps")
    for agent_id, zone in work_schedule.objects.order_by().values_list("agent_id", "time_zone").iterator(chunk_size=500):
        caps.objects.update_or_create(agent_id=agent_id, defaults={"time_zone": zone})


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0004_leave"),
        ("budgets", "0002_usage_and_prices"),
    ]

    operations = [migrations.RunPython(copy_zones, migrations.RunPython.noop)]
