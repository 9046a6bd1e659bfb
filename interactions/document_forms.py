"""The form that takes documents."""

from typing import Any

from crispy_forms.layout import Field
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.attaching import ACCEPTED, LARGEST_MB, MOST_AT_ONCE, refusal
from retention_crm.lib.form_base import CarefulForm, page_layout


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class _FilesInput(forms.FileField):
    widget = _SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """All that is wrong with any of them is said at once."""
        files = [file for file in data or [] if file]
        if not files:
            raise ValidationError(self.error_messages["required"])
        if len(files) > MOST_AT_ONCE:
            raise ValidationError(_("Choose at most %(limit)d files at once.") % {"limit": MOST_AT_ONCE})
        reasons = [reason for file in files if (reason := refusal(file))]
        if reasons:
            raise ValidationError(reasons)
        return files


class DocumentsForm(CarefulForm, forms.Form):
    documents = _FilesInput(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy("PDF, pictures, office documents, texts, mails; up to %(limit)d MB each.")
        % {"limit": LARGEST_MB},
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=_SeveralFiles(attrs={"accept": ACCEPTED}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout(Field("documents"))
