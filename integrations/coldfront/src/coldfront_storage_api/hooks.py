"""The name that a site writes into ``ALLOCATION_FUNCS_ON_EXPIRE``."""

from coldfront_storage_api.handlers import on_expire

__all__ = ["on_expire"]
