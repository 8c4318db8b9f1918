"""What the OpenAPI document and its pages say before the endpoints, in Markdown."""

DESCRIPTION = """HR for AI agents: status, hours, the time clock, lifecycle, holds and heartbeats.

### Writing once

Every `POST`, `PUT`, `PATCH` and `DELETE` takes the header `Idempotency-Key`: 1 to 255 visible ASCII characters of your
choice, for example a UUID, new for each new request. When an answer is lost, send the same request with the same key
again.

- The same request (method, address with query, body) gets the answer of the first again, byte for byte, with the header
  `Idempotency-Replayed: true`. Nothing is done a second time. Answers are kept for 24 hours.
- A refusal (4xx) is an answer and is kept. When you have cleared what was in the way, use a new key. Two refusals are
  not kept: a body too large (413), and whatever is refused before the request is looked at (401, a missing scope).
- Another request with the same key is refused with 422, `idempotency_key_reused`.
- While the first is still being done, the second is refused with 409, `idempotency_key_in_use`. `Retry-After` says when
  to ask again.
- After a fault of ours (5xx) nothing was written, and the same key tries again. When the server stopped in the middle,
  the key is free after two minutes.
- Keys belong to the API key they came with: another organisation, and an agent beside its organisation, never meet. A
  rotated API key starts anew.

Heartbeats do without: each carries its `heartbeat_id`, which does the same.
"""
