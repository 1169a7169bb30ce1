"""The bus over HTTP, for staff: include "eventbus.api.urls" where a project has Django REST framework.

Views name their permission in `needs_permission` (a project's permission class asks for it), and what they
refuse in `refusals`. Nothing else of the bus needs the framework.
"""
