from django.urls import path

from passkeys_django.login import PasskeyLoginView
from tests.urls import urlpatterns as everybodys

urlpatterns = [path("door/", PasskeyLoginView.as_view(next_page="/passkeys/"), name="login"), *everybodys]
