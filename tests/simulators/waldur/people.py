"""Teams, and the logins that people have at an offering."""

from __future__ import annotations

from typing import Any

from tests.simulators.waldur.access import Access, plain_uuid
from tests.simulators.waldur.agents import listed
from tests.simulators.waldur.calls import Call
from tests.simulators.waldur.errors import unseen
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.records import Offering, User
from tests.simulators.waldur.store import Store, now
from tests.simulators.waldur.views import moment


class People:
    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def add_login(self, offering: Offering, user: User, username: str) -> dict[str, Any]:
        """A login that is ready for use."""
        uuid = self._store.new_uuid("login")
        row = {
            "uuid": uuid,
            "url": f"/api/marketplace-offering-users/{uuid}/",
            "user_uuid": user.uuid,
            "user_username": user.username,
            "user_full_name": user.full_name,
            "user_email": f"{user.username}@example.org",
            "username": username,
            "state": "OK",
            "offering_uuid": offering.uuid,
            "created": moment(now()),
            "modified": moment(now()),
        }
        self._store.tables["logins"][uuid] = row
        return row

    def logins(self, call: Call) -> Reply:
        wanted = [plain_uuid(key) for key in call.request.query.get("offering_uuid", [])]
        rows = self._store.tables["logins"].values()
        return listed([row for row in rows if not wanted or row["offering_uuid"] in wanted])

    def team(self, call: Call) -> Reply:
        resource = self._access.provider_resource(call.user, call.key)
        members = [
            user for user in self._store.users.values() if resource.project in user.member_of
        ]
        return listed([self._member(user, resource.offering) for user in members])

    def providers(self, call: Call) -> Reply:
        wanted = [plain_uuid(key) for key in call.request.query.get("customer_uuid", [])]
        rows = [
            {"uuid": customer.uuid, "customer_uuid": customer.uuid}
            for customer in self._store.customers.values()
            if customer.uuid in wanted
        ]
        return listed(rows)

    def nothing(self, call: Call) -> Reply:
        """A list that is empty here, as it is at most sites."""
        return listed([])

    def projects(self, call: Call) -> Reply:
        slugs = call.request.query.get("slug")
        rows = [
            {"uuid": row.uuid, "slug": row.slug, "name": row.name}
            for row in self._store.projects.values()
            if not slugs or row.slug in slugs
        ]
        return listed(rows)

    def no_attributes(self, call: Call) -> Reply:
        """Nobody chose which attributes of people are shown; agents then take the default."""
        raise unseen("OfferingUserAttributeConfig")

    def _member(self, user: User, offering: Offering) -> dict[str, Any]:
        login: dict[str, Any] = next(
            (
                row
                for row in self._store.tables["logins"].values()
                if (row["user_uuid"], row["offering_uuid"]) == (user.uuid, offering.uuid)
            ),
            {},
        )
        return {
            "url": f"/api/users/{user.uuid}/",
            "uuid": user.uuid,
            "username": user.username,
            "full_name": user.full_name,
            "email": f"{user.username}@example.org",
            "role": "PROJECT.MEMBER",
            "expiration_time": None,
            "offering_user_username": login.get("username"),
            "offering_user_state": login.get("state"),
        }
