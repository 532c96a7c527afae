"""Messages about cases to webhooks: JSON, signed according to Standard Webhooks."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from standardwebhooks import Webhook as Signer

from ...models import Delivery, Webhook
from .. import personal_data
from . import follow_up_links, http_client
from .http_client import NotAcceptedError

PREFIX = "whsec_"
SECRET_BYTES = 32
GONE = 410


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def address_rules() -> http_client.AddressRules:
    return http_client.AddressRules(http=settings.WEBHOOKS_HTTP_ALLOWED, private=settings.WEBHOOKS_PRIVATE_ALLOWED)


def send(row: Delivery) -> None:
    """Post the message; raise NotAcceptedError or OSError."""
    webhook = cast(Webhook, row.webhook)
    if not webhook.active:
        raise NotAcceptedError("The webhook is switched off.", for_good=True)
    text = json.dumps(message(row), ensure_ascii=False, separators=(",", ":"))
    status = http_client.post(webhook.url, text.encode(), headers(row, webhook, text), address_rules())
    if 300 <= status < 400:
        raise NotAcceptedError(f"answered {status}: redirects are not followed")
    if status == GONE:
        raise NotAcceptedError("answered 410: it accepts no more messages", for_good=True)
    if not 200 <= status < 300:
        raise NotAcceptedError(f"answered {status}")


def message(row: Delivery) -> dict[str, Any]:
    data = {name: value for name, value in row.body.items() if name not in {"event", "at"}}
    data["url"] = follow_up_links.staff_url(row.case_id)
    if settings.WEBHOOKS_WORDS:
        data |= personal_data.personal_data_of(row.case)
    return {"type": row.event, "timestamp": row.body["at"], "data": data}


def headers(row: Delivery, webhook: Webhook, text: str) -> dict[str, str]:
    """Return the headers of a message. Its webhook-id is the same at every attempt."""
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "help-desk",
        "webhook-id": str(row.pk),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(webhook.secret).sign(str(row.pk), now, text),
    }
