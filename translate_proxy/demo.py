"""Demo mode: a shop, an operator whose password is public, and the starter packages."""

from __future__ import annotations

from pathlib import Path

import structlog

from translate_proxy.interfaces import Store
from translate_proxy.model import Language, Operator, OperatorId, Site, SiteKey, new_id
from translate_proxy.security.passwords import Passwords
from translate_proxy.translation.packages.packages import (
    InstalledPackage,
    install_file,
    installed,
    verify,
)

EMAIL = "demo@example.com"
PASSWORD = "demo-password"  # noqa: S105  (public by intent: demo rows exist only in demo mode)
PACKAGE = Path(__file__).resolve().parent
STARTER_FOLDERS = (PACKAGE / "bundled" / "models", PACKAGE.parent / "models")
SUPERSEDED = frozenset(
    {
        "644814feb2c69764c611a8266990805c381bb5e01fa802c33b6d2ea69a53417d",  # en -> pt 1.0
        "38087af32e2ec0ce0688d9c0321ef600598989789ee022efb6bd3eeeb73eac65",  # pt -> en 1.0
    }
)
"""SHA-256 of the archives of earlier starter packages."""
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
    """Into an empty folder; later on only in the place of earlier starter packages that are as they
    were installed, so that what an admin removed, replaced or optimised stays so. Raises
    PackageError."""
    folder = next((one for one in STARTER_FOLDERS if one.is_dir()), None)
    files = sorted(folder.glob("*.argosmodel")) if folder else []
    present = installed(packages_dir)
    if present:
        outdated = [one.path.name for one in present if _is_superseded(one)]
        files = [one for one in files if one.stem.rpartition("-")[0] in outdated]
    for file in files:
        package = install_file(file, packages_dir)
        log.info("demo.installed", source=package.source, target=package.target)


def _is_superseded(package: InstalledPackage) -> bool:
    untouched = package.map_digest is None and verify(package) is None
    return package.digest in SUPERSEDED and untouched


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
