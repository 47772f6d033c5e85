"""One suite a port: subclass it, give the ``subject`` fixture your adapter, and pytest examines
it.
"""

from pkgutil import iter_modules

import pytest

# A failure then shows what was compared, as in tests of one's own.
pytest.register_assert_rewrite(*(f"{__name__}.{found.name}" for found in iter_modules(__path__)))
