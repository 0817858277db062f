"""A fixture that each test of this little suite has, and one for all of them."""

import pytest


@pytest.fixture(scope="session")
def words():
    return [f"word{i * 7919 % 211}" for i in range(500)]


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("")
    return path
