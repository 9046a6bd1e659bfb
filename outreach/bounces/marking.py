"""Writing the key of a message onto its mail, so that what is told about the mail finds the message."""

from django.conf import settings

from outreach.assembling import Mail
from outreach.bounces.addresses import bounce_address, key_of
from outreach.bounces.configuration import METADATA, carries_metadata
from outreach.models import Message


def mark(mail: Mail, message: Message) -> None:
    """For a provider beside the mail, for a plain server in the address it goes back to."""
    if carries_metadata():
        mail.metadata = {METADATA: key_of(message.pk)}
    elif settings.BOUNCE_ADDRESS:
        mail.bounce_to = bounce_address(message.pk)
