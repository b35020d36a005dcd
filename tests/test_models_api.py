"""Models over the REST API: who may, jobs and their events, uploads."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.product import DEMO_LOGIN, Product
from tests.test_translation_packages import archive, small
from tests.translation_support import PT_EN, repackaged
from tests.webapp import EVA, PASSWORD, Endless, Web, error, running
from translate_proxy import catalogue
from translate_proxy.model import Operator, OperatorId, new_id
from translate_proxy.security.sessions import COOKIE
from translate_proxy.translation.packages import optimise, packages
from translate_proxy.web import admin_schemas, jobs

ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")
SUE = Operator(OperatorId(new_id()), "sue@example.com", "Sue", ("en",), role="supervisor")
ALF = Operator(OperatorId(new_id()), "alf@example.com", "Alf", ("en",), EVA.sites, "admin")
FILE = {"Content-Type": "application/octet-stream"}
CHANGES = ("install", "upload", "remove", "optimise", "verify")


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    """A server without models whose index is the folder ``index``: Galician to English."""
    (tmp_path / "index").mkdir()
    repackaged(PT_EN, tmp_path / "index" / "translate-gl_en-1_1.argosmodel", from_code="gl")
    async with running(tmp_path, operators=(EVA, SUE, ALF, ADA)) as made:
        made.client.headers.update(await made.bearer(ADA))
        yield made


def events(text: str) -> list[dict[str, Any]]:
    """The jobs of a stream of events."""
    found = []
    for block in text.strip().split("\n\n"):
        if block.startswith(":"):
            continue
        name, data = block.split("\n")
        job: dict[str, Any] = json.loads(data.removeprefix("data: "))["job"]
        assert name == ("event: progress" if job["state"] == "running" else "event: end")
        admin_schemas.JobShape.model_validate(job, extra="forbid")
        found.append(job)
    return found


async def start(web: Web, what: str, **given: Any) -> dict[str, Any]:
    """The job of a change that must be accepted."""
    answer = await web.client.post(f"/api/models/{what}", **given)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()["job"]
    assert answer.headers["location"] == f"/api/jobs/{job['id']}"
    return job


async def over(web: Web, job: Mapping[str, Any]) -> dict[str, Any]:
    """The job when it has ended."""
    answer = await web.client.get(f"/api/jobs/{job['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    last = events(answer.text)[-1]
    assert (await web.client.get(f"/api/jobs/{job['id']}")).json() == {"job": last}
    return last


def leftovers(web: Web) -> list[str]:
    """What lies beside the packages."""
    return sorted(path.name for path in web.deps.settings.server.data_dir.glob("models/.*"))


def asked(web: Web, method: str, path: str, **headers: str) -> dict[str, Any]:
    """The scope of a request of Ada's, for what httpx's own transport cannot do: it neither goes
    away nor looks at an answer before it is whole."""
    sent = {"host": "127.0.0.1:8000", "authorization": web.client.headers["authorization"]}
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in (sent | headers).items()
        ],
        "client": ("127.0.0.1", 4242),
    }


async def test_a_model_is_found_installed_verified_and_removed(web: Web) -> None:
    assert (await web.client.get("/api/models")).json() == {"models": []}
    offers = (await web.client.get("/api/models/available")).json()
    assert offers == {"offers": [{"pair": "gl-en", "version": "1.1", "installed": None}]}

    job = await start(web, "install", json={"pair": "GL_en"})
    assert (job["kind"], job["subject"], job["by"]) == ("install", "gl-en", "Ada")
    done = await over(web, job)
    assert (done["state"], done["error"]) == ("done", None)
    assert done["result"] == {"source": "gl", "target": "en", "version": "1.1"}
    answer = await web.client.get("/api/models")
    found = admin_schemas.ModelsAnswer.model_validate(answer.json(), extra="forbid").models
    assert [(one.source, one.target, one.problem) for one in found] == [("gl", "en", None)]
    offers = (await web.client.get("/api/models/available")).json()
    assert offers["offers"][0]["installed"] == "1.1"

    (model,) = web.deps.settings.server.data_dir.glob("models/*/model/model.bin")
    assert (await over(web, await start(web, "verify")))["result"][0]["problem"] is None
    with model.open("ab") as file:
        file.write(b"x")
    problem = (await over(web, await start(web, "verify")))["result"][0]["problem"]
    assert problem == "model/model.bin is not the file that was installed"

    assert (await over(web, await start(web, "remove", json={"pair": "gl-en"})))["state"] == "done"
    assert (await web.client.get("/api/models")).json() == {"models": []}
    listed = (await web.client.get("/api/jobs")).json()
    kinds = [job["kind"] for job in listed["jobs"]]
    assert kinds == ["remove", "verify", "verify", "install"]
    assert leftovers(web) == []


async def test_only_administrators_may(web: Web) -> None:
    for nobody in (EVA, SUE):
        bearer = await web.bearer(nobody)
        for path in ("models", "models/available", "jobs", "jobs/x", "jobs/x/events"):
            error(await web.client.get(f"/api/{path}", headers=bearer), 403, "forbidden")
        for path in (*(f"models/{change}" for change in CHANGES), "jobs/x/cancel"):
            error(await web.client.post(f"/api/{path}", headers=bearer), 403, "forbidden")


async def test_only_administrators_of_all_sites_may_change_what_all_use(web: Web) -> None:
    bearer = await web.bearer(ALF)
    for path in ("models", "models/available", "jobs"):
        assert (await web.client.get(f"/api/{path}", headers=bearer)).status_code == 200
    for path in (*(f"models/{change}" for change in CHANGES), "jobs/x/cancel"):
        error(await web.client.post(f"/api/{path}", headers=bearer), 403, "forbidden")


async def test_what_is_no_pair_is_refused(web: Web) -> None:
    for pair in ("", "fi", "../../x-en", "a/b-c", "fi-en\n", "-en", "fi-" * 30):
        for what in ("install", "remove", "optimise"):
            answer = await web.client.post(f"/api/models/{what}", json={"pair": pair})
            error(answer, 400, "bad_request")


async def test_a_file_of_the_server_cannot_be_installed_by_its_name(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    repackaged(PT_EN, tmp_path / "pt-en")
    failed = await over(web, await start(web, "install", json={"pair": "pt-en"}))
    assert (failed["state"], failed["error"]["code"]) == ("failed", "not_found")


async def test_what_cannot_be_done_is_told_by_the_job(web: Web) -> None:
    for what, pair in (("install", "fi-en"), ("remove", "gl-en"), ("optimise", "gl-en")):
        failed = await over(web, await start(web, what, json={"pair": pair}))
        assert (failed["state"], failed["result"]) == ("failed", None)
        assert failed["error"]["code"] == "not_found"
    for path in ("", "/events"):
        error(await web.client.get(f"/api/jobs/{new_id()}{path}"), 404, "not_found")
    error(await web.client.post(f"/api/jobs/{new_id()}/cancel"), 404, "not_found")


# -- uploads ------------------------------------------------------------------------------------


async def test_a_package_is_uploaded(web: Web, tmp_path: Path) -> None:
    made = repackaged(PT_EN, tmp_path / "some.argosmodel", from_code="pb", to_code="zt")
    done = await over(web, await start(web, "upload", content=made.read_bytes(), headers=FILE))
    assert done["result"] == {"source": "pt-BR", "target": "zh-Hant", "version": "1.1"}
    assert leftovers(web) == []


async def test_what_cannot_be_used_is_refused(web: Web, tmp_path: Path) -> None:
    body = archive(tmp_path / "some.argosmodel", small()).read_bytes()
    failed = await over(web, await start(web, "upload", content=body, headers=FILE))
    assert (failed["state"], failed["error"]["code"]) == ("failed", "bad_request")
    assert "pt-BR to zh-Hant cannot be used" in failed["error"]["detail"]
    assert leftovers(web) == []


async def test_what_is_no_package_is_refused_and_leaves_nothing(web: Web, tmp_path: Path) -> None:
    evil = archive(tmp_path / "evil.argosmodel", {**small(), "pack/../../evil": b"x"})
    for body, words in ((evil.read_bytes(), "leaves its folder"), (b"<html>", "cannot be unpack")):
        failed = await over(web, await start(web, "upload", content=body, headers=FILE))
        assert (failed["state"], failed["error"]["code"]) == ("failed", "bad_request")
        assert words in failed["error"]["detail"]
    for headers in ({}, {"Content-Type": "text/html"}, {"Content-Type": "application/json"}):
        answer = await web.client.post("/api/models/upload", content=b"x", headers=headers)
        error(answer, 400, "bad_request")
    assert (await web.client.get("/api/models")).json() == {"models": []}
    assert leftovers(web) == []


async def test_an_upload_without_end_is_refused_before_it_fills_the_disk(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "MAX_ARCHIVE", 100_000)
    body = Endless()
    answer = await web.client.post("/api/models/upload", content=body, headers=FILE)
    error(answer, 413, "too_long")
    assert body.sent <= 9 * 16_384
    assert leftovers(web) == []


async def test_an_upload_that_breaks_off_leaves_nothing(web: Web) -> None:
    heard: list[Any] = []
    parts = iter(
        [{"type": "http.request", "body": b"PK", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Any:
        return next(parts)

    async def send(message: Any) -> None:
        heard.append(message)

    await web.app(asked(web, "POST", "/api/models/upload", **FILE), receive, send)
    assert heard[0]["status"] == 400
    assert leftovers(web) == []
    assert (await web.client.get("/api/jobs")).json() == {"jobs": []}


# -- jobs that take their time ------------------------------------------------------------------


@asynccontextmanager
async def slow_mirror(tmp_path: Path, body: bytes) -> AsyncIterator[asyncio.Event]:
    """A server of the package that stops in the middle of it until the event is set; the index in
    ``index.json`` names it."""
    go_on = asyncio.Event()
    serving: set[asyncio.Task[Any] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body[: len(body) // 2])
        try:
            await writer.drain()
            await go_on.wait()
            writer.write(body[len(body) // 2 :])
            await writer.drain()
        except ConnectionError:
            pass  # the download was stopped
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    offers = [
        {
            "from_code": code,
            "to_code": "en",
            "package_version": "1.0",
            "links": [f"http://127.0.0.1:{port}/{code}_en.argosmodel"],
        }
        for code in ("gl", "fi")
    ]
    (tmp_path / "index.json").write_text(json.dumps(offers))
    try:
        yield go_on
    finally:
        go_on.set()
        server.close()
        await asyncio.gather(*(task for task in serving if task is not None))


@asynccontextmanager
async def downloading(tmp_path: Path) -> AsyncIterator[tuple[Web, dict[str, Any], asyncio.Event]]:
    """A job that has half of its package, and the event that brings the rest."""
    package = repackaged(PT_EN, tmp_path / "gl.argosmodel", from_code="gl")
    index = str(tmp_path / "index.json")
    async with (
        slow_mirror(tmp_path, package.read_bytes()) as go_on,
        running(tmp_path, operators=(ADA,), index=index) as web,
    ):
        web.client.headers.update(await web.bearer(ADA))
        job = web.deps.jobs.get((await start(web, "install", json={"pair": "gl-en"}))["id"])
        async for state in web.deps.jobs.follow(job):
            assert state is not None
            assert state["state"] == "running", state
            if (state["progress"] or {}).get("bytes", 0) > 1_000_000:
                yield web, state, go_on
                return


async def test_a_job_tells_how_far_it_is_and_goes_on_unwatched(tmp_path: Path) -> None:
    async with downloading(tmp_path) as (web, job, go_on):
        assert job["progress"]["step"] == "download"
        assert job["progress"]["of"] == (tmp_path / "gl.argosmodel").stat().st_size
        go_on.set()
        assert (await over(web, job))["state"] == "done"
        assert leftovers(web) == []


async def test_what_an_index_calls_a_version_is_no_path(tmp_path: Path) -> None:
    package = repackaged(PT_EN, tmp_path / "gl.argosmodel", from_code="gl").read_bytes()
    async with slow_mirror(tmp_path, package) as go_on:
        go_on.set()
        index = tmp_path / "index.json"
        offers = json.loads(index.read_text())
        offers[0]["package_version"] = "/../../evil"
        index.write_text(json.dumps(offers))
        async with running(tmp_path, operators=(ADA,), index=str(index)) as web:
            web.client.headers.update(await web.bearer(ADA))
            done = await over(web, await start(web, "install", json={"pair": "gl-en"}))
            assert done["state"] == "failed"
            assert "not an index of Argos packages" in done["error"]["detail"]
            assert leftovers(web) == []


async def test_a_disk_that_takes_no_more_is_told_in_one_sentence(
    web: Web,
) -> None:
    (web.deps.settings.server.data_dir / "models").write_text("a file where the folder should be")
    failed = await over(web, await start(web, "install", json={"pair": "gl-en"}))
    assert failed["error"]["code"] == "unavailable"
    assert "\n" not in failed["error"]["detail"]
    answer = await web.client.post("/api/models/upload", content=b"PK", headers=FILE)
    error(answer, 503, "unavailable")


async def test_one_job_at_a_time_is_about_a_pair(tmp_path: Path) -> None:
    async with downloading(tmp_path) as (web, job, go_on):
        for what in ("install", "remove", "optimise"):
            answer = await web.client.post(f"/api/models/{what}", json={"pair": "gl-en"})
            assert job["id"] in error(answer, 409, "already_claimed")["detail"]
        other = await start(web, "remove", json={"pair": "fi-en"})
        waiting = web.deps.jobs.get(other["id"])
        async for state in web.deps.jobs.follow(waiting):
            if state is not None and state["progress"] is not None:
                assert state["progress"] == {"step": "waiting"}
                break
        go_on.set()
        assert (await over(web, job))["state"] == "done"
        assert (await over(web, other))["error"]["code"] == "not_found"
        await over(web, await start(web, "install", json={"pair": "gl-en"}))


async def test_a_job_is_stopped_and_taken_up_again(tmp_path: Path) -> None:
    async with downloading(tmp_path) as (web, job, go_on):
        answer = await web.client.post(f"/api/jobs/{job['id']}/cancel")
        assert answer.json()["job"]["state"] == "cancelled"
        assert (await over(web, job))["state"] == "cancelled"
        again = await web.client.post(f"/api/jobs/{job['id']}/cancel")
        assert again.json() == answer.json()
        assert leftovers(web) == [".download-gl-en-1.0.argosmodel"]  # the next try continues it
        assert (await web.client.get("/api/models")).json() == {"models": []}
        go_on.set()


async def test_a_follower_hears_from_a_quiet_job_until_signed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_S", 0.01)
    heard = bytearray()
    async with downloading(tmp_path) as (web, job, _):
        bearer = web.client.headers["authorization"]

        async def receive() -> Any:
            await asyncio.Event().wait()  # the browser stays

        async def send(message: Any) -> None:
            heard.extend(message.get("body", b""))
            if b"still there" in heard:
                await web.sessions.sign_out(bearer.removeprefix("Bearer "))

        await web.app(asked(web, "GET", f"/api/jobs/{job['id']}/events"), receive, send)
        assert web.deps.jobs.get(job["id"]).state == "running"
    assert b"event: progress" in heard
    assert b"event: end" not in heard


async def test_jobs_of_long_ago_are_forgotten(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "KEPT", 2)
    made = []
    for _ in range(4):
        made.append(await start(web, "verify"))
        await over(web, made[-1])
    listed = (await web.client.get("/api/jobs")).json()["jobs"]
    assert [job["id"] for job in listed] == [job["id"] for job in made[:0:-1]]
    error(await web.client.get(f"/api/jobs/{made[0]['id']}"), 404, "not_found")


# -- the real product ---------------------------------------------------------------------------


async def first_event(client: httpx.AsyncClient, job: Mapping[str, Any]) -> str:
    """What the stream says first; then the browser goes away."""
    async with client.stream("GET", f"/api/jobs/{job['id']}/events") as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            return line
    raise AssertionError("the stream was empty")


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_console_uploads_watches_and_leaves(tmp_path: Path) -> None:
    """With the real command and a browser's cookie: an upload; a long job that nobody watches any
    more, through the stop of the server."""
    package = repackaged(PT_EN, tmp_path / "gl.argosmodel", from_code="gl").read_bytes()
    product = Product(tmp_path / "data", "--demo", "--port", "0")
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(product.start)
        stack.callback(product.stop)
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=product.url, timeout=300)
        )
        ours = {"Origin": product.url}
        login = {**DEMO_LOGIN, "cookie": True}
        assert (await client.post("/api/login", json=login, headers=ours)).status_code == 200
        assert COOKIE in client.cookies
        for foreign in ({}, {"Origin": "https://evil.example"}):
            refused = await client.post(
                "/api/models/remove", json={"pair": "pt-en"}, headers=foreign
            )
            error(refused, 403, "origin_not_allowed")

        answer = await client.post("/api/models/upload", content=package, headers={**ours, **FILE})
        assert answer.status_code == 202
        stream = await client.get(f"/api/jobs/{answer.json()['job']['id']}/events")
        assert events(stream.text)[-1]["result"]["source"] == "gl"

        given = {"pair": "gl-en", "sample": optimise.phrase_texts("pt")[:1000]}
        answer = await client.post("/api/models/optimise", json=given, headers=ours)
        job = answer.json()["job"]
        assert await first_event(client, job) == "event: progress"
        told = (await client.get(f"/api/jobs/{job['id']}")).json()["job"]
        assert told["state"] == "running"
        refused = await client.post("/api/models/optimise", json=given, headers=ours)
        error(refused, 409, "already_claimed")
        product.signal(signal.SIGTERM)
        assert await asyncio.to_thread(product.wait) == 0
    folder = tmp_path / "data" / "models"
    packages.tidy(folder)  # as the next start does, should a slow machine have left something
    assert sorted(path.name for path in folder.iterdir()) == [
        "translate-en_pt",
        "translate-gl_en",
        "translate-pt_en",
    ]
    assert [packages.verify(one) for one in packages.installed(folder)] == [None] * 3
    assert PASSWORD not in product.log()
