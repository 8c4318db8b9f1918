"""What working hours would come to, before they are saved (spec W1, W3)."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.api import examples
from scheduling.api.custom_hours import PreviewSerializer
from scheduling.api.schedules import checked_object
from scheduling.api.serializers import HoursBody
from scheduling.selectors.week_ahead import week_ahead
from scheduling.services.schedule_data import hours_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope


class HoursPreview(ApiView):
    scopes = {"POST": KeyScope.READ}

    @extend_schema(
        operation_id="workforce_schedule_preview",
        summary="What hours would come to",
        request=HoursBody,
        responses={200: PreviewSerializer},
        examples=examples.SCHEDULE_PREVIEW,
    )
    def post(self, request: Request) -> Response:
        """The next seven days in UTC, and the hours in words. Nothing is saved."""
        hours = hours_of(checked_object(request.data))
        return Response(PreviewSerializer(week_ahead(hours, now=timezone.now())).data)
