"""Mails about cases: to support, and to the customer when a case is closed. The HTML part loads nothing."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from ...models import Delivery
from .. import personal_data
from ..transcript import as_text, one_line
from . import follow_up_links
from .http_client import NotAcceptedError

CUSTOMER = "customer"  # stored in place of an address: the mail goes to the case's contact at the time of sending
SUBJECTS = {
    "case.opened": "Case {number}: {product}, {symptom}",
    "case.reopened": "Case {number} came back: {product}, {symptom}",
    "case.closed": "Case {number} is closed: does it still work?",
}


def send(row: Delivery) -> None:
    """Send the mail; raise NotAcceptedError, OSError or SMTPException."""
    mail = customer_mail(row) if row.address == CUSTOMER else support_mail(row)
    mail.send()


def support_mail(row: Delivery) -> EmailMultiAlternatives:
    """Return the mail about a case to support, with the transcript attached.

    It holds no personal data unless MAIL_WORDS is set; the desk shows that.
    """
    personal = personal_data.personal_data_of(row.case) if settings.MAIL_WORDS else {}
    context = {
        "transcript": row.body,
        "number": row.case_id,
        "came_back": row.event == "case.reopened",
        "url": follow_up_links.staff_url(row.case_id),
        "personal": personal,
    }
    reply_to = follow_up_links.mail_address(personal.get("contact", ""))
    mail = _mail(row, "case", context, to=row.address, reply_to=reply_to)
    mail.attach(f"case-{row.case_id}.txt", as_text(row.body), "text/plain")
    return mail


def customer_mail(row: Delivery) -> EmailMultiAlternatives:
    """Return the mail to a customer about their closed case, with a link to say whether it still works."""
    address = follow_up_links.mail_address(row.case.contact)
    if not address:
        raise NotAcceptedError("The customer’s address is no longer known.", for_good=True)
    secret = follow_up_links.make_secret(row.pk)
    context = {
        "transcript": row.body,
        "number": row.case_id,
        "link": f"{follow_up_links.follow_up_url(row.case)}#{secret}",
        "secret": follow_up_links.format_secret(secret),
    }
    return _mail(row, "closed", context, to=address, reply_to=settings.SUPPORT_EMAIL)


def _mail(row: Delivery, template: str, context: dict[str, object], to: str, reply_to: str) -> EmailMultiAlternatives:
    """Render mail/<template>.txt and .html. The Message-ID is the delivery's id, the same at every attempt."""
    names = {"number": row.case_id, "product": row.body["product"]["title"], "symptom": row.body["symptom"]}
    mail = EmailMultiAlternatives(
        subject=one_line(SUBJECTS[row.event].format(**names)),
        body=render_to_string(f"mail/{template}.txt", context),
        from_email=settings.MAIL_FROM,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={
            "Message-ID": f"<{row.pk}@{_domain()}>",
            "Auto-Submitted": "auto-generated",  # keeps out-of-office replies away
        },
    )
    mail.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return mail


def _domain() -> str:
    return parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
