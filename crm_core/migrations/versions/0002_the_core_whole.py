"""The core, whole."""

import sqlalchemy as sa
from alembic import op

from crm_core import tables
from crm_core.migrations import steps_0002

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acquisition_cost",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("cost_fen >= 0", name=op.f("ck_acquisition_cost_cost")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acquisition_cost")),
        sa.UniqueConstraint("source", "month", name=op.f("uq_acquisition_cost_source_month")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", tables.UtcDateTime(), nullable=True),
        sa.Column("last_used_at", tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "catalogue_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "thing",
            sa.Enum(
                "source",
                "field",
                name="catalogue_thing",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_entry")),
        sa.UniqueConstraint("thing", "code", name=op.f("uq_catalogue_entry_thing_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "coupon_kind",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column(
            "off",
            sa.Enum(
                "fixed",
                "threshold",
                "percent",
                "goods",
                name="off",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("threshold_fen", sa.Integer(), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "shop",
                "online",
                "both",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("stores", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("stacks", sa.Boolean(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=True),
        sa.Column("valid_from", tables.UtcDateTime(), nullable=True),
        sa.Column("valid_until", tables.UtcDateTime(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("per_customer", sa.Integer(), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "amount_fen >= 0 AND threshold_fen >= 0", name=op.f("ck_coupon_kind_sums")
        ),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_coupon_kind_percent")),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_coupon_kind_stock")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_kind")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_kind_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "custom_field",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text",
                "number",
                "date",
                "choice",
                "yes_no",
                name="field_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "sensitivity",
            sa.Enum(
                "open",
                "internal",
                "personal",
                "highest",
                name="sensitivity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("retired_at", tables.UtcDateTime(), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("purpose <> ''", name=op.f("ck_custom_field_has_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint("code", name=op.f("uq_custom_field_code")),
        sa.UniqueConstraint("title", name=op.f("uq_custom_field_title")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "earning_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "on",
                "off",
                name="rule_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("changed_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_rule")),
        sa.UniqueConstraint("code", name=op.f("uq_earning_rule_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "import_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", tables.UtcDateTime(), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=True),
        sa.Column("earns", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("product_name", sa.String(length=128), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("size", sa.String(length=32), nullable=False),
        sa.Column("color", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("list_price_fen", sa.Integer(), nullable=True),
        sa.Column("style", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_line")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("import_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_line_run_id_order_no"), ["run_id", "order_no"], unique=False
        )

    op.create_table(
        "import_mapping",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint(
            "source", "kind", "version", name=op.f("uq_import_mapping_source_kind_version")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "kept_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", tables.Encrypted("kept_answer.body"), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answer")),
        sa.UniqueConstraint("caller", "key", name=op.f("uq_kept_answer_caller_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answer_created_at"), ["created_at"], unique=False)

    op.create_table(
        "key_rotation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("rewritten", sa.Integer(), nullable=False),
        sa.Column("done_at", tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_rotation")),
        sa.UniqueConstraint("key_id", "table_name", name=op.f("uq_key_rotation_key_id_table_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "quality_figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "dimension",
            sa.Enum(
                "completeness",
                "accuracy",
                "consistency",
                "timeliness",
                "tag_accuracy",
                name="dimension",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("store_code", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("measured_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_figure")),
        sa.UniqueConstraint(
            "day",
            "dimension",
            "store_code",
            "source",
            name=op.f("uq_quality_figure_day_dimension_store_code_source"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("quality_figure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_quality_figure_dimension_day"), ["dimension", "day"], unique=False
        )

    op.create_table(
        "quality_target",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "dimension",
            sa.Enum(
                "completeness",
                "accuracy",
                "consistency",
                "timeliness",
                "tag_accuracy",
                name="dimension",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("store_code", sa.String(length=32), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("per_mille", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_target")),
        sa.UniqueConstraint(
            "dimension",
            "store_code",
            "since_on",
            name=op.f("uq_quality_target_dimension_store_code_since_on"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("closed_at", tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_questionnaire_code_version")),
        sa.UniqueConstraint("ref", name=op.f("uq_questionnaire_ref")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "segment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "living",
                "static",
                name="segment_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("meaning", sa.String(length=255), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("changed_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_segment_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "source_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("said_orders", sa.Integer(), nullable=False),
        sa.Column("said_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_orders", sa.Integer(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("sent_until", tables.UtcDateTime(), nullable=True),
        sa.Column("said_at", tables.UtcDateTime(), nullable=False),
        sa.Column("compared_at", tables.UtcDateTime(), nullable=True),
        sa.Column("refetched_at", tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_day")),
        sa.UniqueConstraint("source", "day", name=op.f("uq_source_day_source_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "tag_definition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("belongs_to", sa.String(length=32), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column(
            "sensitivity",
            sa.Enum(
                "open",
                "internal",
                "personal",
                "highest",
                name="sensitivity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("retired_at", tables.UtcDateTime(), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("purpose <> ''", name=op.f("ck_tag_definition_has_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_definition")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_definition_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "tier_program",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_program")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sa.String(length=512), nullable=False),
        sa.Column("secret", tables.Encrypted("webhook.secret"), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column(
            "mapping_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reading",
                "applying",
                "settling",
                "done",
                "failed",
                "undone",
                name="run_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("started_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mapping_id"],
            ["import_mapping.id"],
            name=op.f("fk_import_run_mapping_id_import_mapping"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_mapping_id"), ["mapping_id"], unique=False)

    op.create_table(
        "price",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_no", sa.String(length=64), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("starts_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ends_at", tables.UtcDateTime(), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at is null or ends_at > starts_at", name=op.f("ck_price_time")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_price_price")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_price_product_id_product")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_price_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
        sa.UniqueConstraint("price_no", name=op.f("uq_price_price_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_price_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_price_store_id"), ["store_id"], unique=False)

    op.create_table(
        "reward",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("kind_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("per_customer", sa.Integer(), nullable=True),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("opens_at", tables.UtcDateTime(), nullable=True),
        sa.Column("closes_at", tables.UtcDateTime(), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_reward_points")),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_reward_stock")),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["coupon_kind.id"], name=op.f("fk_reward_kind_id_coupon_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward")),
        sa.UniqueConstraint("code", name=op.f("uq_reward_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("reward", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reward_kind_id"), ["kind_id"], unique=False)

    op.create_table(
        "segment_snapshot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "segment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("taken_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segment.id"], name=op.f("fk_segment_snapshot_segment_id_segment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_snapshot")),
        sa.UniqueConstraint("segment_id", "day", name=op.f("uq_segment_snapshot_segment_id_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "source_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_day_id"],
            ["source_day.id"],
            name=op.f("fk_source_order_source_day_id_source_day"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_order")),
        sa.UniqueConstraint(
            "source_day_id", "order_no", name=op.f("uq_source_order_source_day_id_order_no")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "stock_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cell", sa.String(length=128), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("size", sa.String(length=32), nullable=False),
        sa.Column("color", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("changed_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_stock_level_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_stock_level_store_id_store")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_level")),
        sa.UniqueConstraint("cell", name=op.f("uq_stock_level_cell")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("stock_level", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_level_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stock_level_store_id"), ["store_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "webhook_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "sending",
                "delivered",
                "failed",
                name="delivery_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", tables.UtcDateTime(), nullable=False),
        sa.Column("tried_since", tables.UtcDateTime(), nullable=False),
        sa.Column("claimed_at", tables.UtcDateTime(), nullable=True),
        sa.Column("delivered_at", tables.UtcDateTime(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "webhook_id", "event_id", name=op.f("uq_webhook_delivery_webhook_id_event_id")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_webhook_delivery_state_next_at"), ["state", "next_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_webhook_delivery_webhook_id"), ["webhook_id"], unique=False
        )

    op.create_table(
        "import_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", tables.UtcDateTime(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("earns", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "new",
                "known",
                "same",
                "refused",
                "added",
                "undone",
                "kept",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_order_run_id_import_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_order")),
        sa.UniqueConstraint("run_id", "order_no", name=op.f("uq_import_order_run_id_order_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("import_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_order_order_no"), ["order_no"], unique=False)

    op.create_table(
        "import_problem",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_problem_run_id_import_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problem")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("import_problem", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_problem_run_id_line"), ["run_id", "line"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_import_problem_run_id_record"), ["run_id", "record"], unique=False
        )

    op.create_table(
        "shop_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scene", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shop_code_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_shop_code_store_id_store")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_code")),
        sa.UniqueConstraint("scene", name=op.f("uq_shop_code_scene")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("shop_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_code_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shop_code_store_id"), ["store_id"], unique=False)

    op.create_table(
        "stock_move",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "sale",
                "return",
                "receipt",
                "count",
                name="stock_cause",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["level_id"], ["stock_level.id"], name=op.f("fk_stock_move_level_id_stock_level")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_move")),
        sa.UniqueConstraint(
            "level_id", "cause", "ref", name=op.f("uq_stock_move_level_id_cause_ref")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("stock_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_move_level_id"), ["level_id"], unique=False)

    op.create_table(
        "capture",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_contact", sa.Boolean(), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"], ["shop_code.id"], name=op.f("fk_capture_code_id_shop_code")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_capture_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_capture_staff_id_staff")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_capture_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        sa.UniqueConstraint("customer_id", "ref", name=op.f("uq_capture_customer_id_ref")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_capture_code_id"), ["code_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_capture_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_capture_store_id"), ["store_id"], unique=False)

    op.create_table(
        "check_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_check_in_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint("customer_id", "on_day", name=op.f("uq_check_in_customer_id_on_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "coupon",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=128), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("valid_from", tables.UtcDateTime(), nullable=False),
        sa.Column("valid_until", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_coupon_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["coupon_kind.id"], name=op.f("fk_coupon_kind_id_coupon_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("customer_id", "ref", name=op.f("uq_coupon_customer_id_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_coupon_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("coupon", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coupon_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_coupon_kind_id"), ["kind_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_coupon_valid_until"), ["valid_until"], unique=False)

    op.create_table(
        "custom_value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.String(length=255), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("secret", tables.Encrypted("custom_value.secret"), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("changed_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_custom_value_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["field_id"], ["custom_field.id"], name=op.f("fk_custom_value_field_id_custom_field")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_value")),
        sa.UniqueConstraint(
            "customer_id", "field_id", name=op.f("uq_custom_value_customer_id_field_id")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("custom_value", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_custom_value_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_custom_value_field_id_day"), ["field_id", "day"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_custom_value_field_id_number"), ["field_id", "number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_custom_value_field_id_text"), ["field_id", "text"], unique=False
        )

    op.create_table(
        "customer_figures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("first_at", tables.UtcDateTime(), nullable=True),
        sa.Column("last_at", tables.UtcDateTime(), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.Column("average_fen", sa.BigInteger(), nullable=False),
        sa.Column("interval_days", sa.Integer(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("most_pieces", sa.Integer(), nullable=False),
        sa.Column("categories", sa.Integer(), nullable=False),
        sa.Column("return_percent", sa.Integer(), nullable=False),
        sa.Column("discount_percent", sa.Integer(), nullable=False),
        sa.Column("night_percent", sa.Integer(), nullable=False),
        sa.Column("category_1", sa.String(length=32), nullable=True),
        sa.Column("category_2", sa.String(length=32), nullable=True),
        sa.Column("category_3", sa.String(length=32), nullable=True),
        sa.Column("style_1", sa.String(length=32), nullable=True),
        sa.Column("style_2", sa.String(length=32), nullable=True),
        sa.Column("style_3", sa.String(length=32), nullable=True),
        sa.Column("size_1", sa.String(length=32), nullable=True),
        sa.Column("size_2", sa.String(length=32), nullable=True),
        sa.Column("size_3", sa.String(length=32), nullable=True),
        sa.Column("price_band", sa.String(length=32), nullable=True),
        sa.Column("season", sa.String(length=32), nullable=True),
        sa.Column("part_of_day", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_figures_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_figures")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("customer_figures", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_figures_customer_id"), ["customer_id"], unique=True
        )
        batch_op.create_index(batch_op.f("ix_customer_figures_last_at"), ["last_at"], unique=False)

    op.create_table(
        "customer_merge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("fields", tables.Encrypted("customer_merge.fields"), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.Column("undone_at", tables.UtcDateTime(), nullable=True),
        sa.Column("undone_ref", sa.String(length=128), nullable=True),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_customer_merge_two_records")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["customer.id"], name=op.f("fk_customer_merge_source_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["customer.id"], name=op.f("fk_customer_merge_target_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
        sa.UniqueConstraint("ref", name=op.f("uq_customer_merge_ref")),
        sa.UniqueConstraint("undone_ref", name=op.f("uq_customer_merge_undone_ref")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("customer_merge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_merge_source_id"), ["source_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_merge_target_id"), ["target_id"], unique=False
        )

    op.create_table(
        "duplicate_pair",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "second_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "rejected",
                name="pair_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("found_at", tables.UtcDateTime(), nullable=False),
        sa.Column("decided_at", tables.UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_pair_in_order")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["customer.id"], name=op.f("fk_duplicate_pair_first_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["customer.id"], name=op.f("fk_duplicate_pair_second_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint(
            "first_id", "second_id", name=op.f("uq_duplicate_pair_first_id_second_id")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("duplicate_pair", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duplicate_pair_second_id"), ["second_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_duplicate_pair_state"), ["state"], unique=False)

    op.create_table(
        "family_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("name", tables.Encrypted("family_member.name"), nullable=True),
        sa.Column("birthday", tables.Encrypted("family_member.birthday"), nullable=True),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_family_member_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_member")),
        sa.UniqueConstraint(
            "customer_id", "label", name=op.f("uq_family_member_customer_id_label")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "field_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("field", sa.String(length=96), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.Column("refused", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("before", tables.Encrypted("field_entry.before"), nullable=True),
        sa.Column("value", tables.Encrypted("field_entry.value"), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_field_entry_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_field_entry_store_id_store")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_entry")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("field_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_field_entry_customer_id_field"), ["customer_id", "field"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_field_entry_source_at"), ["source", "at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_field_entry_store_id"), ["store_id"], unique=False)

    op.create_table(
        "questionnaire_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "questionnaire_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "dropped",
                name="sheet_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answers", tables.Encrypted("questionnaire_sheet.answers"), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_questionnaire_sheet_customer_id_customer"),
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_sheet_questionnaire_id_questionnaire"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_sheet")),
        sa.UniqueConstraint(
            "customer_id", "ref", name=op.f("uq_questionnaire_sheet_customer_id_ref")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("questionnaire_sheet", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_questionnaire_sheet_questionnaire_id"),
            ["questionnaire_id"],
            unique=False,
        )

    op.create_table(
        "segment_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "segment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_segment_member_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segment.id"], name=op.f("fk_segment_member_segment_id_segment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_member")),
        sa.UniqueConstraint(
            "segment_id", "customer_id", name=op.f("uq_segment_member_segment_id_customer_id")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("segment_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_segment_member_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "tag_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "open",
                "right",
                "wrong",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_tag_check_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_tag_check_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_tag_check_store_id_store")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_check")),
        sa.UniqueConstraint(
            "customer_id", "tag", "drawn_on", name=op.f("uq_tag_check_customer_id_tag_drawn_on")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("tag_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_check_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tag_check_store_id"), ["store_id"], unique=False)

    op.create_table(
        "tier_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("was", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column(
            "why",
            sa.Enum(
                "spending",
                "points",
                "redeemed",
                "granted",
                "return",
                "grace",
                "kept",
                "lapsed",
                "program",
                name="why",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("until", tables.UtcDateTime(), nullable=True),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_tier_change_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_change")),
        sa.UniqueConstraint("customer_id", "ref", name=op.f("uq_tier_change_customer_id_ref")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("tier_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tier_change_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "coupon_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "coupon_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "issued",
                "reserved",
                "released",
                "redeemed",
                "returned",
                "expired",
                "revoked",
                name="coupon_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("off_fen", sa.Integer(), nullable=False),
        sa.Column("until", tables.UtcDateTime(), nullable=True),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_step_coupon_id_coupon")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_step")),
        sa.UniqueConstraint("coupon_id", "number", name=op.f("uq_coupon_step_coupon_id_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("coupon_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coupon_step_coupon_id"), ["coupon_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_coupon_step_order_no"), ["order_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_coupon_step_state"), ["state"], unique=False)

    op.create_table(
        "merge_part",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("merge_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("column_name", sa.String(length=64), nullable=False),
        sa.Column("was", sa.Integer(), nullable=False),
        sa.Column("now", sa.Integer(), nullable=True),
        sa.Column("row_ids", sa.JSON(), nullable=False),
        sa.Column("refs", tables.Encrypted("merge_part.refs"), nullable=True),
        sa.Column("dropped", tables.Encrypted("merge_part.dropped"), nullable=True),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["customer_merge.id"], name=op.f("fk_merge_part_merge_id_customer_merge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_part")),
        sa.UniqueConstraint("merge_id", "done", name=op.f("uq_merge_part_merge_id_done")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_no", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "paid",
                "refunded",
                name="payment_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "method",
            sa.Enum(
                "cash",
                "wechat",
                "alipay",
                "card",
                "stored_value",
                "other",
                name="method",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("reference", tables.Encrypted("payment.reference"), nullable=True),
        sa.Column("paid_at", tables.UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_payment_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_payment_order_id_sales_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("payment_no", name=op.f("uq_payment_payment_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_order_id"), ["order_id"], unique=False)

    op.create_table(
        "points_take",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("points <> 0", name=op.f("ck_points_take_takes_points")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["points_entry.id"], name=op.f("fk_points_take_entry_id_points_entry")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["points_entry.id"], name=op.f("fk_points_take_lot_id_points_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_take")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("points_take", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_points_take_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_points_take_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "redemption",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reward_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "coupon_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("cancelled_at", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["coupon.id"], name=op.f("fk_redemption_coupon_id_coupon")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_redemption_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["points_entry.id"], name=op.f("fk_redemption_entry_id_points_entry")
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["reward.id"], name=op.f("fk_redemption_reward_id_reward")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("customer_id", "ref", name=op.f("uq_redemption_customer_id_ref")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_redemption_coupon_id"), ["coupon_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_redemption_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_redemption_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_redemption_reward_id"), ["reward_id"], unique=False)

    op.create_table(
        "sales_return",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("return_no", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refund_fen", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=128), nullable=False),
        sa.Column("returned_at", tables.UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("refund_fen >= 0", name=op.f("ck_sales_return_refund")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_sales_return_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_sales_return_order_id_sales_order")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_sales_return_store_id_store")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_return")),
        sa.UniqueConstraint("return_no", name=op.f("uq_sales_return_return_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("sales_return", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sales_return_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sales_return_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_return_store_id"), ["store_id"], unique=False)

    op.create_table(
        "return_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "return_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_line_quantity")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_return_line_order_line_id_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["sales_return.id"], name=op.f("fk_return_line_return_id_sales_return")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("return_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_return_line_order_line_id"), ["order_line_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_return_line_return_id"), ["return_id"], unique=False)

    op.create_table(
        "sales_exchange",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exchange_no", sa.String(length=64), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "return_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("difference_fen", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_sales_exchange_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_sales_exchange_order_id_sales_order")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["sales_return.id"],
            name=op.f("fk_sales_exchange_return_id_sales_return"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_exchange")),
        sa.UniqueConstraint("exchange_no", name=op.f("uq_sales_exchange_exchange_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("sales_exchange", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sales_exchange_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sales_exchange_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_sales_exchange_return_id"), ["return_id"], unique=False
        )

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("via", sa.String(length=16), server_default=sa.text("('')"), nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "source", sa.String(length=32), server_default=sa.text("('')"), nullable=False
            )
        )
        batch_op.drop_constraint(batch_op.f("uq_consent_customer_id_purpose_ref"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_consent_customer_id_purpose_via_ref"),
            ["customer_id", "purpose", "via", "ref"],
        )

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("address", tables.Encrypted("customer.address"), nullable=True)
        )

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verified_at", tables.UtcDateTime(), nullable=True))

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "identity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.create_index(batch_op.f("ix_inbound_identity_id"), ["identity_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inbound_state_received_at"), ["state", "received_at"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_inbound_identity_id_identity"), "identity", ["identity_id"], ["id"]
        )

    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("list_price_fen", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("style", sa.String(length=32), server_default=sa.text("('')"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("returned", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )

    with op.batch_alter_table("points_entry", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "undoes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("detail", sa.JSON(), server_default=sa.text("('{}')"), nullable=False)
        )
        batch_op.create_index(
            batch_op.f("ix_points_entry_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_points_entry_undoes_id"), ["undoes_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_points_entry_undoes_id_points_entry"),
            "points_entry",
            ["undoes_id"],
            ["id"],
        )

    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("refunded_fen", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )

    with op.batch_alter_table("customer") as batch_op:
        batch_op.drop_constraint(op.f("ck_customer_tier"), type_="check")
    with op.batch_alter_table("identity") as batch_op:
        batch_op.drop_constraint(op.f("ck_identity_identity_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_identity_identity_kind"),
            "kind IN ('oa_openid', 'unionid', 'mp_openid', 'wecom_external', 'phone', 'card', 'web', 'device', 'shop_account', 'ecommerce')",
        )
    with op.batch_alter_table("order_line") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_order_line_returned"), "returned between 0 and quantity"
        )
    with op.batch_alter_table("points_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_points_entry_cause"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_points_entry_cause"),
            "cause IN ('purchase', 'vote', 'invite', 'check_in', 'task', 'birthday', 'gift', 'opening', 'reward', 'tier', 'expiry', 'reversal', 'restored', 'parted')",
        )
        batch_op.create_check_constraint(
            op.f("ck_points_entry_only_lots_expire"), "expires_at IS NULL OR delta > 0"
        )
        batch_op.create_check_constraint(
            op.f("ck_points_entry_sign"),
            "(delta > 0 AND cause IN ('purchase', 'vote', 'invite', 'check_in', 'task', 'birthday', 'gift', 'opening', 'restored', 'parted')) OR (delta < 0 AND cause IN ('reward', 'tier', 'expiry', 'reversal', 'parted'))",
        )
    with op.batch_alter_table("sales_order") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_sales_order_refunded"), "refunded_fen between 0 and total_fen"
        )
    with op.batch_alter_table("search_key") as batch_op:
        batch_op.drop_constraint(op.f("ck_search_key_search_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_search_key_search_kind"),
            "kind IN ('full_name', 'surname', 'phone', 'phone_tail', 'phone_slip', 'name_birthday', 'birth_day', 'address')",
        )
    with op.batch_alter_table("timeline_event") as batch_op:
        batch_op.drop_constraint(op.f("ck_timeline_event_event_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_timeline_event_event_kind"),
            "kind IN ('message', 'subscribed', 'unsubscribed', 'scan', 'bound', 'merged', 'parted', 'consent', 'profile', 'try_on', 'purchase', 'return', 'points', 'coupon', 'redemption', 'tier', 'check_in', 'vote', 'rating', 'complaint', 'push', 'hand_over', 'browse', 'dwell', 'favourite', 'cart', 'fitting', 'delivery')",
        )
    steps_0002.after_upgrade(op.get_bind())


def downgrade() -> None:
    steps_0002.before_downgrade(op.get_bind())
    with op.batch_alter_table("customer") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_customer_tier"), "tier IN ('普通会员', '银卡', '金卡')"
        )
    with op.batch_alter_table("identity") as batch_op:
        batch_op.drop_constraint(op.f("ck_identity_identity_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_identity_identity_kind"),
            "kind IN ('oa_openid', 'unionid', 'mp_openid', 'wecom_external', 'phone', 'card', 'web')",
        )
    with op.batch_alter_table("order_line") as batch_op:
        batch_op.drop_constraint(op.f("ck_order_line_returned"), type_="check")
    with op.batch_alter_table("points_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_points_entry_cause"), type_="check")
        batch_op.drop_constraint(op.f("ck_points_entry_only_lots_expire"), type_="check")
        batch_op.drop_constraint(op.f("ck_points_entry_sign"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_points_entry_cause"),
            "cause IN ('purchase', 'vote', 'invite', 'reward', 'gift', 'expiry', 'reversal', 'opening')",
        )
    with op.batch_alter_table("sales_order") as batch_op:
        batch_op.drop_constraint(op.f("ck_sales_order_refunded"), type_="check")
    with op.batch_alter_table("search_key") as batch_op:
        batch_op.drop_constraint(op.f("ck_search_key_search_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_search_key_search_kind"), "kind IN ('full_name', 'surname', 'phone_tail')"
        )
    with op.batch_alter_table("timeline_event") as batch_op:
        batch_op.drop_constraint(op.f("ck_timeline_event_event_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_timeline_event_event_kind"),
            "kind IN ('message', 'subscribed', 'unsubscribed', 'scan', 'bound', 'consent', 'profile', 'try_on', 'purchase', 'return', 'points', 'vote', 'rating', 'complaint', 'push', 'hand_over')",
        )
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.drop_column("refunded_fen")

    with op.batch_alter_table("points_entry", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_points_entry_undoes_id_points_entry"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_points_entry_undoes_id"))
        batch_op.drop_index(batch_op.f("ix_points_entry_expires_at"))
        batch_op.drop_column("detail")
        batch_op.drop_column("undoes_id")

    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_column("returned")
        batch_op.drop_column("style")
        batch_op.drop_column("list_price_fen")

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_inbound_identity_id_identity"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_inbound_state_received_at"))
        batch_op.drop_index(batch_op.f("ix_inbound_identity_id"))
        batch_op.drop_column("identity_id")

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_column("verified_at")

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_column("address")

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_consent_customer_id_purpose_via_ref"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_consent_customer_id_purpose_ref"), ["customer_id", "purpose", "ref"]
        )
        batch_op.drop_column("source")
        batch_op.drop_column("via")

    op.drop_table("sales_exchange")
    op.drop_table("return_line")
    op.drop_table("sales_return")
    op.drop_table("redemption")
    op.drop_table("points_take")
    op.drop_table("payment")
    op.drop_table("merge_part")
    op.drop_table("coupon_step")
    op.drop_table("tier_change")
    op.drop_table("tag_check")
    op.drop_table("segment_member")
    op.drop_table("questionnaire_sheet")
    op.drop_table("field_entry")
    op.drop_table("family_member")
    op.drop_table("duplicate_pair")
    op.drop_table("customer_merge")
    op.drop_table("customer_figures")
    op.drop_table("custom_value")
    op.drop_table("coupon")
    op.drop_table("check_in")
    op.drop_table("capture")
    op.drop_table("stock_move")
    op.drop_table("shop_code")
    op.drop_table("import_problem")
    op.drop_table("import_order")
    op.drop_table("webhook_delivery")
    op.drop_table("stock_level")
    op.drop_table("source_order")
    op.drop_table("segment_snapshot")
    op.drop_table("reward")
    op.drop_table("price")
    op.drop_table("import_run")
    op.drop_table("webhook")
    op.drop_table("tier_program")
    op.drop_table("tag_definition")
    op.drop_table("source_day")
    op.drop_table("segment")
    op.drop_table("questionnaire")
    op.drop_table("quality_target")
    op.drop_table("quality_figure")
    op.drop_table("key_rotation")
    op.drop_table("kept_answer")
    op.drop_table("import_mapping")
    op.drop_table("import_line")
    op.drop_table("earning_rule")
    op.drop_table("custom_field")
    op.drop_table("coupon_kind")
    op.drop_table("catalogue_entry")
    op.drop_table("api_key")
    op.drop_table("acquisition_cost")
