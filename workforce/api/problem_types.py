"""The kinds of problem the API answers with: one page each under ``/api/docs/problems/``."""

from collections.abc import Mapping
from dataclasses import dataclass

DOCS_PATH = "/api/docs/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """``title`` never varies (RFC 9457 §3.1.3); ``means`` and ``help`` are for the page."""

    code: str
    status: int
    title: str
    means: str
    help: str

    @property
    def slug(self) -> str:
        return self.code.replace("_", "-")


def type_uri(code: str) -> str:
    return DOCS_PATH + code.replace("_", "-")


_TYPES = (
    # What is wrong with the request itself.
    ProblemType(
        "bad_request",
        400,
        "The request is malformed",
        "The address, a header or the message as a whole could not be read.",
        "Send addresses and headers as UTF-8 without NUL characters.",
    ),
    ProblemType(
        "unreadable",
        400,
        "The body is not JSON that can be read",
        "The body is not strict JSON in UTF-8: broken syntax, NaN or Infinity, a lone surrogate, a NUL "
        "character, a name given twice, numbers or nesting beyond reason.",
        "The detail names the byte or the field. Let a JSON library write the body.",
    ),
    ProblemType(
        "invalid",
        400,
        "Some fields need to be changed",
        "The request was understood, but fields hold values that cannot be taken.",
        "Each entry of errors names a field by its path and says what to change.",
    ),
    ProblemType(
        "unauthenticated",
        401,
        "A valid API key is needed",
        "No key was sent, or it is wrong, revoked or expired, or its agent has left the workforce.",
        "Send Authorization: Bearer pck_… (or X-API-Key) with a key that HR issued. Sign-in cookies do not count.",
    ),
    ProblemType(
        "forbidden",
        403,
        "This is not yours to do",
        "The key is valid, but may not do this.",
        "Use a key that may, or ask a person who may.",
    ),
    ProblemType(
        "missing_scope",
        403,
        "The key lacks a scope",
        "An organisation's key does only what its scopes name.",
        "The member scope names what is missing. HR can issue a key that has it.",
    ),
    ProblemType(
        "not_your_agent",
        403,
        "The key acts for its own agent only",
        "An agent's key was used for another agent.",
        "Use that agent's own key, or an organisation's key with the scope for it.",
    ),
    ProblemType(
        "not_yours",
        403,
        "Somebody else may do this",
        "The ownership matrix gives this activity to other people.",
        "The agent's owner, the lead of its pod or a workforce manager may do it.",
    ),
    ProblemType(
        "person_only",
        403,
        "Only a person may do this",
        "A key tried what needs somebody who answers for it.",
        "Ask a person who may: the agent's owner, the lead of its pod or a workforce manager.",
    ),
    ProblemType(
        "not_found",
        404,
        "There is no such thing here",
        "The address is unknown, or nothing in this organisation has this id.",
        "Check the id and which organisation the key belongs to.",
    ),
    ProblemType(
        "method_not_allowed",
        405,
        "This address does not take this method",
        "The address exists, but not for this HTTP method.",
        "The Allow header lists the methods it takes.",
    ),
    ProblemType(
        "not_acceptable",
        406,
        "Only JSON can be answered",
        "The Accept header rules out application/json.",
        "Send Accept: application/json, or leave it out.",
    ),
    ProblemType(
        "too_large",
        413,
        "The request is too large",
        "Bodies hold at most 900,000 bytes.",
        "Send less at a time.",
    ),
    ProblemType(
        "unsupported_media_type",
        415,
        "Send JSON",
        "The body is not declared as application/json in UTF-8.",
        "Send Content-Type: application/json.",
    ),
    ProblemType(
        "throttled",
        429,
        "Too many requests",
        "This key asked more often than it may.",
        "Wait for the seconds that Retry-After names.",
    ),
    # What is in the way (409): nothing was written.
    ProblemType(
        "conflict",
        409,
        "The present state does not allow this",
        "The thing is in a state in which this cannot be done. Nothing was written.",
        "The detail says what the state is and what clears it.",
    ),
    ProblemType(
        "refused",
        409,
        "This was refused",
        "The present state does not allow this. Nothing was written.",
        "The detail says why.",
    ),
    ProblemType(
        "illegal_transition",
        409,
        "The lifecycle has no such move",
        "From the agent's current state this move does not exist.",
        "The member current names its state, legal the moves that are open to you.",
    ),
    ProblemType(
        "holds_remain",
        409,
        "Other holds keep the agent paused",
        "An agent works again only when no hold is left.",
        "The member holds lists those that remain; release each of them.",
    ),
    ProblemType(
        "changed",
        409,
        "It changed meanwhile",
        "Somebody else changed the same thing at the same moment.",
        "Read it again and repeat what you meant to do.",
    ),
    # What was sent before (the header Idempotency-Key).
    ProblemType(
        "idempotency_key_in_use",
        409,
        "The first request with this key is still being done",
        "A request with the same Idempotency-Key arrived before this one and has no answer yet.",
        "Send it again after the seconds that Retry-After names: you then get the answer of the first.",
    ),
    ProblemType(
        "idempotency_key_reused",
        422,
        "The Idempotency-Key belongs to another request",
        "The same key came before with another method, address or body. Nothing was written.",
        "Make a new key for each new request; repeat a key only with exactly the same request.",
    ),
    # Work (409): nothing was changed; the text of a late report is kept.
    ProblemType(
        "stale_token",
        409,
        "This claim is over",
        "The lease ended, or the task was taken back, given to somebody else or ended. A late result is kept in the "
        "task's run log and changes nothing.",
        "Stop working on it and claim again. The member status_now says where the task stands.",
    ),
    ProblemType(
        "cancelled",
        409,
        "The task was cancelled",
        "Somebody stopped the work on it for good.",
        "Stop working on it. Create a new task if the work is needed after all.",
    ),
    ProblemType(
        "completed",
        409,
        "The task is completed",
        "It is done and stays so.",
        "Create a task of type continue to go on from it.",
    ),
    ProblemType(
        "not_blocked",
        409,
        "It is not blocked",
        "There is no blocker to resolve.",
        "The member status_now says where the task stands.",
    ),
    ProblemType(
        "same_agent",
        409,
        "The agent has this task already",
        "A task was to be given to the agent whose it is.",
        "Choose another agent.",
    ),
    ProblemType(
        "gone",
        409,
        "The agent has left the workforce",
        "Retired and archived agents get no work.",
        "Choose another agent.",
    ),
    ProblemType(
        "has_open_work",
        409,
        "The agent has open work",
        "What it has to do would be left behind.",
        "Reassign or cancel its open tasks first, hand off or complete its open assignments. The members "
        "open_tasks and open_assignments count them.",
    ),
    # Workstreams and assignments (409).
    ProblemType(
        "needs_dri",
        409,
        "The workstream needs somebody who answers for it",
        "Agents of several pods would have work in a workstream that has no DRI.",
        "Name a DRI first: a person or an agent. The member workstream says where.",
    ),
    ProblemType(
        "is_dri",
        409,
        "Somebody who answers for a workstream cannot leave",
        "A workstream would be left without its DRI.",
        "Name another DRI first, or close the workstream.",
    ),
    ProblemType(
        "workstream_closed",
        409,
        "The workstream is closed",
        "It takes no more work.",
        "Choose another workstream, or open it again.",
    ),
    ProblemType(
        "workstream_in_use",
        409,
        "The workstream has open assignments",
        "What is to be done there would be left behind.",
        "End its assignments first. The member open_assignments counts them.",
    ),
    ProblemType(
        "owner_taken",
        409,
        "The task has another owner",
        "A task has exactly one: the agent whose task it is.",
        "Hand the owner's assignment off, or reassign the task.",
    ),
    ProblemType(
        "assigned_already",
        409,
        "The agent has this part already",
        "An agent has each role once in a task, and once in a workstream.",
        "Change the assignment that is there.",
    ),
    ProblemType(
        "follows_task",
        409,
        "The assignment follows its task",
        "The owner's assignment is blocked and freed with the task.",
        "Let the runtime at work on the task report what blocks it.",
    ),
    ProblemType(
        "blocked_already",
        409,
        "The assignment is blocked already",
        "It has a blocker that nobody has resolved.",
        "Unblock it first.",
    ),
    ProblemType(
        "handed_off",
        409,
        "The assignment was handed off",
        "Another agent has taken over.",
        "Go on with the assignment that the member assignment names.",
    ),
    ProblemType(
        "done",
        409,
        "The assignment is done",
        "It is done and stays so.",
        "Assign the agent anew if there is more to do.",
    ),
    ProblemType(
        "waits_for_itself",
        409,
        "It would wait for itself",
        "What it is to wait for waits for it, perhaps by way of others.",
        "Take one of them out of what it waits for.",
    ),
    ProblemType(
        "in_progress",
        409,
        "The task is in progress",
        "Its agent is working on it: it cannot be made to wait now.",
        "Wait until it is reported on, or reassign it.",
    ),
    ProblemType(
        "delegation_circle",
        409,
        "The work would go round in a circle",
        "It came from the agent that would get it.",
        "Do the work, block it, or delegate it to somebody else.",
    ),
    ProblemType(
        "delegation_too_deep",
        409,
        "The work was passed on too often",
        "A chain of delegations has at most five links.",
        "Do the work, or block it and say who can help.",
    ),
    ProblemType(
        "leave_overlaps",
        409,
        "The agent has leave at that time already",
        "An agent's planned and running leave does not overlap.",
        "The member leave_id names the other one. Change that, or choose other dates.",
    ),
    ProblemType(
        "leave_over",
        409,
        "The leave is over",
        "It ended or was cancelled, and stays so.",
        "Plan another one.",
    ),
    # What is wrong on our side.
    ProblemType(
        "server_error",
        500,
        "Something went wrong on our side",
        "A fault of the server.",
        "Tell whoever runs this server the request_id: it finds the fault in the logs.",
    ),
    ProblemType(
        "unavailable",
        503,
        "The service cannot answer just now",
        "The database cannot be reached. Nothing was written.",
        "Ask again after the seconds that Retry-After names.",
    ),
)

#: Code -> its page. Codes that services give beyond these share the page of their status.
PROBLEMS: Mapping[str, ProblemType] = {kind.code: kind for kind in _TYPES}

#: The general kind of each status.
STATUS_CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "idempotency_key_reused",
    429: "throttled",
    500: "server_error",
    503: "unavailable",
}
