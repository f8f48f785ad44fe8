"""A site whose people sign transfers. What was done is a row of the admin's log: it needs no table of its own."""

from decimal import Decimal

from django import forms
from django.contrib.admin.models import ADDITION, LogEntry
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import include, path

from passkeys_django.signatures import SignedFormView


class TransferForm(forms.Form):
    to = forms.CharField(max_length=100)
    amount = forms.DecimalField(min_value=Decimal("0.01"), decimal_places=2)
    purpose = forms.CharField(required=False, widget=forms.Textarea)
    note = forms.CharField(required=False)


class TransferView(SignedFormView):
    action = "transfer"
    form_class = TransferForm
    template_name = "signatures/transfer.html"
    unsigned_fields = ("note",)

    def form_signed(self, form, signature):
        LogEntry.objects.create(
            user_id=self.request.user.pk,
            action_flag=ADDITION,
            object_id=str(signature.pk),
            object_repr=f"{form.cleaned_data['amount']} to {form.cleaned_data['to']}",
        )
        return HttpResponseRedirect(f"/transfers/{signature.pk}/")


def transfers():
    """What was done, oldest first."""
    return list(LogEntry.objects.order_by("pk").values_list("object_repr", flat=True))


urlpatterns = [
    path("transfer/", TransferView.as_view(), name="transfer"),
    path("transfers/<uuid:pk>/", lambda request, pk: HttpResponse(f"done: {pk}")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("passkeys/", include("passkeys_django.urls")),
]
