"""Workers that share the work between them leave none of it out."""

from commerce_worker.main import ROLES
from tests.fullstack import ROLES_OF_TWO


def test_two_workers_of_the_full_stack_have_every_role_once() -> None:
    shared = [role for roles in ROLES_OF_TWO for role in roles.split(",")]
    assert sorted(shared) == sorted(ROLES)
