"""Where a column can go."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Target(models.TextChoices):
    LEFT_OUT = "", _("left out")

    NAME = "name", _("Name")
    GIVEN = "given", _("Given name")
    MIDDLE = "middle", _("Middle name")
    FAMILY = "family", _("Family name")
    PREFIX = "prefix", _("Title before the name")
    SUFFIX = "suffix", _("Addition after the name")
    PREFERRED_NAME = "preferred_name", _("Preferred name")
    JOB_TITLE = "job_title", _("Job title")
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone")
    BIRTHDAY = "birthday", _("Birthday")
    TONE = "tone", _("Tone")
    CHANNEL = "channel", _("Preferred channel")
    BEST_TIME = "best_time", _("Best time")
    LANGUAGE = "language", _("Language")
    TIME_ZONE = "time_zone", _("Time zone")
    CONTACT_KEY = "contact_key", _("Number of the person elsewhere")
    NOT_THEM = "not_them", _("Do not contact the person: yes or no")
    DECEASED = "deceased", _("Deceased: yes or no")
    CHAMPION = "champion", _("Champion: yes or no")
    LEFT_ON = "left_on", _("Left the company on")

    COMPANY = "company", _("Customer (company)")
    CUSTOMER_KEY = "customer_key", _("Number of the customer elsewhere")
    SEGMENT = "segment", _("Segment")
    STAGE = "stage", _("Stage")
    OWNER = "owner", _("Owner")
    CUSTOMER_SINCE = "customer_since", _("Customer since")
    CADENCE_DAYS = "cadence_days", _("Own cadence in days")
    COUNTRY = "country", _("Country")
    CARE_NOTE = "care_note", _("How to treat them")
    REFERRED_BY = "referred_by", _("Brought by (a customer)")
    CUSTOMER_LANGUAGE = "customer_language", _("Language of the customer")
    CUSTOMER_TIME_ZONE = "customer_time_zone", _("Time zone of the customer")
    LOST_ON = "lost_on", _("Lost on")
    NOT_AT_ALL = "not_at_all", _("Do not contact the customer: yes or no")
    TAGS = "tags", _("Tags")

    ALLOWS_ALL = "allows_all", _("Allows all mail: yes or no")
    ALLOWS_GREETINGS = "allows_greetings", _("Allows greetings: yes or no")
    ALLOWS_THANKS = "allows_thanks", _("Allows thank-you notes: yes or no")
    ALLOWS_SURVEYS = "allows_surveys", _("Allows surveys: yes or no")
    OPTED_OUT = "opted_out", _("Wants no mail: yes or no")

    LABEL = "label", _("Kind of what the next column says")
    ADDRESS = "address", _("Address")
    ADDRESS_PART = "address_part", _("Part of an address")
    WEBSITE = "website", _("Website")
    MESSENGER = "messenger", _("Messenger")
    EVENT = "event", _("Special day")
    NOTE = "note", _("Note, under the name of the column")


# As the page offers them.
GROUPS = (
    (
        _("Person"),
        (
            *(Target.NAME, Target.GIVEN, Target.MIDDLE, Target.FAMILY, Target.PREFIX, Target.SUFFIX),
            *(Target.PREFERRED_NAME, Target.JOB_TITLE, Target.EMAIL, Target.PHONE, Target.BIRTHDAY),
            *(Target.TONE, Target.CHANNEL, Target.BEST_TIME),
            *(Target.LANGUAGE, Target.TIME_ZONE, Target.CONTACT_KEY, Target.DECEASED),
            *(Target.CHAMPION, Target.LEFT_ON),
        ),
    ),
    (
        _("Customer"),
        (
            *(Target.COMPANY, Target.CUSTOMER_KEY, Target.SEGMENT, Target.STAGE, Target.OWNER),
            *(Target.CUSTOMER_SINCE, Target.CADENCE_DAYS, Target.COUNTRY, Target.CARE_NOTE, Target.TAGS),
            *(Target.REFERRED_BY, Target.CUSTOMER_LANGUAGE, Target.CUSTOMER_TIME_ZONE, Target.LOST_ON),
        ),
    ),
    (
        _("Consent"),
        (
            *(Target.ALLOWS_ALL, Target.ALLOWS_GREETINGS, Target.ALLOWS_THANKS, Target.ALLOWS_SURVEYS),
            *(Target.OPTED_OUT, Target.NOT_THEM, Target.NOT_AT_ALL),
        ),
    ),
    (
        _("More about the person"),
        (
            *(Target.NOTE, Target.ADDRESS, Target.ADDRESS_PART, Target.WEBSITE, Target.MESSENGER, Target.EVENT),
            Target.LABEL,
        ),
    ),
)
# What several columns may go to; of all others there is one.
MANY = {
    *(Target.LEFT_OUT, Target.EMAIL, Target.PHONE, Target.LABEL, Target.ADDRESS, Target.ADDRESS_PART),
    *(Target.WEBSITE, Target.MESSENGER, Target.EVENT, Target.NOTE, Target.TAGS),
}
DAYS = {Target.BIRTHDAY, Target.CUSTOMER_SINCE, Target.LOST_ON, Target.LEFT_ON, Target.EVENT}
# By at least one of these a line is somebody.
NAMING = {Target.NAME, Target.GIVEN, Target.FAMILY, Target.COMPANY, Target.EMAIL}
