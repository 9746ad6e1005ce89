"""Drives a Waldur by its own client; prints one JSON document. Runs where that is installed.

Arguments: URL, token, dashless UUID of an order that waits for the provider.
"""

# mypy: disable-error-code="import-not-found"

import json
import sys
from uuid import UUID

from waldur_api_client import AuthenticatedClient
from waldur_api_client.api.marketplace_component_usages import (
    marketplace_component_usages_set_usage as set_usage,
)
from waldur_api_client.api.marketplace_orders import (
    marketplace_orders_approve_by_provider as approve,
)
from waldur_api_client.api.marketplace_orders import marketplace_orders_list as orders_list
from waldur_api_client.api.marketplace_orders import marketplace_orders_retrieve as order_retrieve
from waldur_api_client.api.marketplace_orders import (
    marketplace_orders_set_state_done as set_state_done,
)
from waldur_api_client.api.marketplace_provider_offerings import (
    marketplace_provider_offerings_customers_list as customers_list,
)
from waldur_api_client.api.marketplace_provider_offerings import (
    marketplace_provider_offerings_list as offerings_list,
)
from waldur_api_client.api.marketplace_provider_resources import (
    marketplace_provider_resources_list as resources_list,
)
from waldur_api_client.api.marketplace_provider_resources import (
    marketplace_provider_resources_retrieve as resource_retrieve,
)
from waldur_api_client.api.marketplace_provider_resources import (
    marketplace_provider_resources_set_backend_id as set_backend_id,
)
from waldur_api_client.api.marketplace_provider_resources import (
    marketplace_provider_resources_set_backend_metadata as set_backend_metadata,
)
from waldur_api_client.api.marketplace_provider_resources import (
    marketplace_provider_resources_set_state_ok as set_state_ok,
)
from waldur_api_client.api.marketplace_provider_resources import (
    marketplace_provider_resources_update_options_direct as update_options_direct,
)
from waldur_api_client.api.marketplace_resources import marketplace_resources_list as consumed_list
from waldur_api_client.api.users import users_me_retrieve
from waldur_api_client.errors import UnexpectedStatus
from waldur_api_client.models import (
    ComponentUsageCreateRequest,
    ComponentUsageItemRequest,
    OrderApproveByProviderRequest,
    OrderState,
    ResourceBackendIDRequest,
    ResourceBackendMetadataRequest,
    ResourceOptionsRequest,
    ResourceState,
)

BACKEND_ID = "/capstor/store/cscs/climate-lab/msocean"
OPTIONS = {"hard_quota_space": 10.0, "hard_quota_inodes": 20000000}


def main(url: str, token: str, order_uuid: str) -> None:
    with AuthenticatedClient(base_url=url, token=token) as client:
        json.dump({**read(client), **write(client, UUID(order_uuid))}, sys.stdout)


def read(client: AuthenticatedClient) -> dict[str, object]:
    resources = resources_list.sync_all(client=client)
    found = resources_list.sync_all(
        client=client, offering_slug=["capstor", "vast"], state=[ResourceState.OK]
    )
    offerings = {row.slug: row.uuid for row in offerings_list.sync_all(client=client)}
    customers = customers_list.sync_all(uuid=offerings["capstor"], client=client)
    orders = orders_list.sync_all(client=client, state=[OrderState.PENDING_PROVIDER])
    return {
        "me": users_me_retrieve.sync(client=client).username,
        "resources": [row.uuid.hex for row in resources],
        "found": [row.uuid.hex for row in found],
        "consumed": len(consumed_list.sync_all(client=client)),
        "customers": [[row.uuid.hex, row.slug, row.name] for row in customers],
        "orders": [row.uuid.hex for row in orders],
        "in_progress": [row.uuid.hex for row in resources if row.order_in_progress],
    }


def write(client: AuthenticatedClient, order: UUID) -> dict[str, object]:
    resource = order_retrieve.sync(uuid=order, client=client).marketplace_resource_uuid
    body = OrderApproveByProviderRequest(attributes={"new_options": OPTIONS})
    approved = approve.sync(uuid=order, client=client, body=body)
    identified = set_backend_id.sync(
        uuid=resource, client=client, body=ResourceBackendIDRequest(backend_id=BACKEND_ID)
    )
    set_state_done.sync_detailed(uuid=order, client=client)
    try:
        set_state_done.sync_detailed(uuid=order, client=client)
    except UnexpectedStatus as error:
        again = error.status_code
    update_options_direct.sync(
        uuid=resource, client=client, body=ResourceOptionsRequest(options={"permissions": "700"})
    )
    set_backend_metadata.sync(
        uuid=resource, client=client, body=ResourceBackendMetadataRequest({"made": "by hand"})
    )
    item = ComponentUsageItemRequest(type_="storage", amount="3.00")
    usage = ComponentUsageCreateRequest(usages=[item], resource=resource)
    set_usage.sync_detailed(client=client, body=usage)
    set_state_ok.sync(uuid=resource, client=client)
    return {
        "approved": approved.detail,
        "identified": identified.status,
        "again": again,
        "order": order_retrieve.sync(uuid=order, client=client).state,
        "resource": resource_retrieve.sync(uuid=resource, client=client).to_dict(),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
