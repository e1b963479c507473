"""Every table, imported so that metadata is complete (migrations, tests)."""

from sqlmodel import SQLModel

import crm_core.acquisition.models
import crm_core.alerts.models
import crm_core.apikeys.models
import crm_core.audit.models
import crm_core.campaigns.models
import crm_core.capture.models
import crm_core.catalog.models
import crm_core.checkins.models
import crm_core.consents.models
import crm_core.conversations.models
import crm_core.coupons.models
import crm_core.customers.models
import crm_core.earning.models
import crm_core.family.models
import crm_core.fields.models
import crm_core.figures.models
import crm_core.follow_ups.models
import crm_core.idempotency.models
import crm_core.imports.models
import crm_core.inbound.models
import crm_core.knowledge.models
import crm_core.lineage.models
import crm_core.merging.models
import crm_core.orders.models
import crm_core.outbox.models
import crm_core.payments.models
import crm_core.points.models
import crm_core.polls.models
import crm_core.preferences.models
import crm_core.quality.models
import crm_core.questionnaires.models
import crm_core.ratings.models
import crm_core.rewards.models
import crm_core.rotation.models
import crm_core.rules.models
import crm_core.segments.models
import crm_core.staff.models
import crm_core.stock.models
import crm_core.stores.models
import crm_core.tickets.models
import crm_core.tiers.models
import crm_core.timeline.models
import crm_core.webhooks.models  # noqa: F401

metadata = SQLModel.metadata
