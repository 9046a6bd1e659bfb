"""The form of how somebody wants to hear of what."""

from typing import Any

from crispy_forms.bootstrap import InlineRadios
from crispy_forms.layout import Fieldset
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from outreach.models import DEFAULT_WAYS, MAILED_KINDS, NotificationChoice, NotificationKind, Way
from outreach.notifying import choose
from retention_crm.lib.form_base import page_layout

_FOR_MANAGERS = frozenset({NotificationKind.ESCALATION})


class NotificationsForm(forms.Form):
    """One choice for each kind the person can be told of."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        ways = NotificationChoice.objects.ways([user.pk])
        offered = [kind for kind in NotificationKind if user.is_manager or kind not in _FOR_MANAGERS]
        for kind in offered:
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label,
                choices=Way.choices,
                widget=forms.RadioSelect,
                initial=ways.get((user.pk, kind.value), DEFAULT_WAYS[kind.value]),
            )
        self.helper = page_layout(
            Fieldset(
                _("At once comes by mail, and on the bell"),
                *(InlineRadios(kind.value) for kind in offered if kind in MAILED_KINDS),
            ),
            Fieldset(
                _("At once is on the bell alone"),
                *(InlineRadios(kind.value) for kind in offered if kind not in MAILED_KINDS),
            ),
        )

    def save(self) -> None:
        choose(self.user, {kind: Way(way) for kind, way in self.cleaned_data.items()})
