"""Everything over plain HTTP: REST API, health, metrics, pages."""

from translate_proxy.web.application import application, routes
from translate_proxy.web.deps import WebDeps, WebLimits
from translate_proxy.web.jobs import Jobs
from translate_proxy.web.metrics import new_registry

__all__ = ["Jobs", "WebDeps", "WebLimits", "application", "new_registry", "routes"]
