"""What the tests of the themes share."""

import pytest

OF_THE_THEMES = [  # deprecations in Django 6.1 that the themes themselves have to follow
    pytest.mark.filterwarnings("ignore:Overriding get_action_choices"),
    pytest.mark.filterwarnings("ignore:Using indexes on an action tuple"),
]
