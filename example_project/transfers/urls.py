"""The pages of the transfers."""

from django.urls import path

from .views import TransfersView, TransferView

urlpatterns = [
    path("transfer/", TransferView.as_view(), name="transfer"),
    path("transfers/", TransfersView.as_view(), name="transfers"),
]
