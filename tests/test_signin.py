"""Staff who sign in stand in tests/signin: this name is kept for tests/hostile, which takes two helpers from it."""

from tests.signin.signing_in import code_of, set_up  # noqa: F401
