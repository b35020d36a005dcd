"""Demo mode: a shop, an operator whose password is public, and the starter packages."""

from __future__ import annotations

from pathlib import Path

import structlog

from translate_proxy.interfaces import Store
from translate_proxy.model import Language, Operator, OperatorId, Site, SiteKey, new_id
from translate_proxy.security.passwords import Passwords
from translate_proxy.translation.packages import install_file, installed

EMAIL = "demo@example.com"
PASSWORD = "demo-password"  # noqa: S105  (public by intent: demo rows exist only in demo mode)
PACKAGE = Path(__file__).resolve().parent
STARTER_FOLDERS = (PACKAGE / "bundled" / "models", PACKAGE.parent / "models")
LANGUAGES: tuple[Language, ...] = ("en", "pt", "fi", "ar")

log = structlog.get_logger(__name__)


def demo_site(port: int) -> Site:
    """The demo shop, open to pages of this machine on the port it is served from."""
    return Site(
        key=SiteKey("demo"),
        name="Lumo",
        origins=(f"http://127.0.0.1:{port}", f"http://localhost:{port}"),
        languages=LANGUAGES,
        default_language="en",
        demo=True,
    )


def install_starter_packages(packages_dir: Path) -> None:
    """Into an empty folder only: what an admin removed stays removed. Raises PackageError."""
    if installed(packages_dir):
        return
    folder = next((one for one in STARTER_FOLDERS if one.is_dir()), None)
    for file in sorted(folder.glob("*.argosmodel")) if folder else ():
        package = install_file(file, packages_dir)
        log.info("demo.installed", source=package.source, target=package.target)


async def add_demo_operator(store: Store, passwords: Passwords) -> None:
    """The operator of the demo, once."""
    if await store.operator_by_email(EMAIL) is None:
        operator = Operator(
            id=OperatorId(new_id()),
            email=EMAIL,
            name="Demo",
            languages=("en",),
            role="admin",
            demo=True,
        )
        await store.add_operator(operator, await passwords.hash(PASSWORD))
