from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from crm_core import migrate
from crm_core.models import metadata
from tests.databases import URLS, fresh


@pytest.mark.parametrize("name", list(URLS))
def test_up_down_and_up_again(name: str, tmp_path: Path) -> None:
    with fresh(name, tmp_path, migrated=False) as made:
        migrate.upgrade(made.engine)
        assert {"customer", "points_entry"} <= set(inspect(made.engine).get_table_names())
        migrate.downgrade(made.engine)
        assert inspect(made.engine).get_table_names() == ["alembic_version"]
        migrate.upgrade(made.engine)
        assert set(metadata.tables) <= set(inspect(made.engine).get_table_names())


@pytest.mark.parametrize("name", list(URLS))
def test_the_migrations_make_what_the_models_say(name: str, tmp_path: Path) -> None:
    with fresh(name, tmp_path) as made, made.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
