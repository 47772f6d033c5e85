"""Every feature as a test: what ``commerce features`` runs, as ``--pyargs
commerce_testkit.bundled_features``.
"""

from pytest_bdd import scenarios

from commerce_testkit.features_plugin import features_folder

scenarios(str(features_folder()))
