"""Testing the connection of an account, for the admin who has just configured it."""
