"""Bulk mutations: uploading variables, what is refused, what happens to the tags, and every way one may end."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from tests.integration.dev_store.conftest import Installed

TARGET = """mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
RUN = """mutation($mutation: String!, $path: String!, $by: String) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path, clientIdentifier: $by, groupObjects: false) {
    bulkOperation { id status type } userErrors { field message code } } }"""
POLL = """query($id: ID!) { bulkOperation(id: $id) {
  status type errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt query } }"""
ADD = "mutation t($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { userErrors { field message } } }"
CANCEL = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
FILE = {"resource": "BULK_MUTATION_VARIABLES", "filename": "tags.jsonl", "mimeType": "text/jsonl", "httpMethod": "POST"}


def target(shop: Installed, **changes: str) -> dict[str, Any]:
    payload = shop.ask(TARGET, input=[FILE | changes])["data"]["stagedUploadsCreate"]
    assert payload["userErrors"] == []
    (found,) = payload["stagedTargets"]
    return {"url": found["url"], "fields": {each["name"]: each["value"] for each in found["parameters"]}}


def send(shop: Installed, to: dict[str, Any], content: bytes, **fields: str) -> httpx.Response:
    files = {"file": ("tags.jsonl", content, "text/jsonl")}
    return shop.http.post(to["url"], data=to["fields"] | fields, files=files)


def upload(shop: Installed, lines: Iterable[Any]) -> str:
    """Put the lines where a mutation can read them; the path it finds them by."""
    to = target(shop)
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    assert send(shop, to, content).status_code == 201
    return str(to["fields"]["key"])


def tagged(customers: Iterable[int], *tags: str) -> list[dict[str, Any]]:
    return [{"id": f"gid://shopify/Customer/{customer}", "tags": [*tags]} for customer in customers]


def start(shop: Installed, path: str, mutation: str = ADD, by: str | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = shop.ask(RUN, mutation=mutation, path=path, by=by)["data"]["bulkOperationRunMutation"]
    return payload


def look(shop: Installed, operation: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(POLL, id=operation)["data"]["bulkOperation"]
    return found


def begun(shop: Installed, lines: Iterable[Any]) -> str:
    payload = start(shop, upload(shop, lines))
    assert payload["userErrors"] == []
    return str(payload["bulkOperation"]["id"])


def wait_until(shop: Installed, operation: str, is_right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + 10
    while not is_right(found := look(shop, operation)):
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def finished(shop: Installed, lines: Iterable[Any]) -> dict[str, Any]:
    return wait_until(shop, begun(shop, lines), lambda found: found["completedAt"] is not None)


def results(shop: Installed, url: str) -> dict[int, dict[str, Any]]:
    lines = [json.loads(line) for line in shop.http.get(url).text.splitlines()]
    return {line.pop("__lineNumber"): line for line in lines}


@pytest.fixture
def buyers(shop: Installed) -> list[int]:
    return [shop.customer() for _ in range(8)]


def test_an_upload_is_answered_as_by_the_storage_host(shop: Installed) -> None:
    to = target(shop)
    answer = send(shop, to, b"{}\n")
    assert answer.status_code == 201
    assert ElementTree.fromstring(answer.text).findtext("Key") == to["fields"]["key"]  # noqa: S314 - our own answer
    assert to["fields"]["key"].endswith("/tags.jsonl")


def test_an_upload_needs_every_field_before_the_file(shop: Installed) -> None:
    to = target(shop)
    assert send(shop, to, b"{}", policy="another").status_code == 403
    without_key = {"url": to["url"], "fields": {"acl": "private"}}
    assert send(shop, without_key, b"{}").status_code == 403
    parts = [("file", ("tags.jsonl", b"{}")), *((name, (None, value)) for name, value in to["fields"].items())]
    assert shop.http.post(to["url"], files=parts).status_code == 403
    other_name = {"attachment": ("tags.jsonl", b"{}")}
    assert shop.http.post(to["url"], data=to["fields"], files=other_name).status_code == 400
    assert shop.http.post(to["url"], data=to["fields"]).status_code == 400
    assert start(shop, to["fields"]["key"])["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_every_line_is_run_and_answered_by_its_number(shop: Installed, buyers: list[int]) -> None:
    operation = finished(shop, tagged(buyers, "bulk"))
    assert (operation["status"], operation["type"], operation["query"]) == ("COMPLETED", "MUTATION", ADD)
    assert operation["objectCount"] == operation["rootObjectCount"] == "8"
    found = results(shop, operation["url"])
    assert found == {number: {"data": {"tagsAdd": {"userErrors": []}}} for number in range(8)}
    assert sorted(shop.dev.tags(shop.handle)["bulk"]) == sorted(buyers)


def test_lines_come_in_no_order_but_the_same_one_for_a_seed(shop: Installed, buyers: list[int]) -> None:
    orders = []
    for seed in (0, 0, 1):
        shop.dev.bulk_conduct(shop.handle, seed=seed)
        orders.append([*results(shop, finished(shop, tagged(buyers, "bulk"))["url"])])
    assert orders[0] == orders[1] != orders[2]
    assert all(order != sorted(order) for order in orders)


def test_a_line_that_cannot_be_done_says_so_and_the_others_are_done(shop: Installed, buyers: list[int]) -> None:
    shop.dev.tag_customer(shop.handle, buyers[0], add=[f"t{n}" for n in range(250)])
    lines = [
        *tagged([buyers[0], 404], "x"),
        {"id": "customer 1", "tags": ["x"]},
        {"tags": ["x"]},
        5,
        *tagged(buyers[1:]),
    ]
    found = results(shop, finished(shop, lines)["url"])
    assert found[0]["data"]["tagsAdd"]["userErrors"] == [{"field": ["tags"], "message": "Tags cannot be more than 250"}]
    assert found[1]["data"]["tagsAdd"]["userErrors"] == [{"field": ["id"], "message": "Customer does not exist"}]
    assert found[2]["errors"][0]["message"] == "invalid id"
    assert all("errors" in found[number] for number in (3, 4))
    assert [found[number] for number in range(5, 12)] == [{"data": {"tagsAdd": {"userErrors": []}}}] * 7


def test_its_end_and_its_tags_are_announced(shop: Installed, buyers: list[int], app: Any) -> None:
    finished(shop, tagged(buyers, "bulk"))
    shop.dev.wait_for_deliveries(5)
    (received,) = app.of(shop.handle, "bulk_operations/finish")
    assert (received.json["status"], received.json["type"]) == ("completed", "mutation")
    assert len(app.of(shop.handle, "customer.tags_added")) == 8


def test_it_stands_still_on_request_and_goes_on(shop: Installed, buyers: list[int]) -> None:
    shop.dev.bulk_conduct(shop.handle, "MUTATION", held_after=3)
    operation = begun(shop, tagged(buyers, "bulk"))
    held = wait_until(shop, operation, lambda found: found["objectCount"] == "3")
    assert (held["status"], held["url"], held["partialDataUrl"]) == ("RUNNING", None, None)
    assert len(shop.dev.tags(shop.handle)["bulk"]) == 3
    shop.dev.bulk_conduct(shop.handle)
    assert wait_until(shop, operation, lambda found: found["status"] == "COMPLETED")["objectCount"] == "8"


def test_a_sixth_waits_for_one_to_end(shop: Installed, buyers: list[int]) -> None:
    shop.dev.bulk_conduct(shop.handle, held_after=0)
    running = [begun(shop, tagged(buyers, "bulk")) for _ in range(5)]
    (error,) = start(shop, upload(shop, tagged(buyers)))["userErrors"]
    said = f"A bulk mutation operation for this app and shop is already in progress: {', '.join(running)}."
    assert error == {"field": None, "message": said, "code": "OPERATION_IN_PROGRESS"}
    found = shop.ask(
        '{ bulkOperations(first: 9, query: "status:running operation_type:mutation") { nodes { id status } } }'
    )["data"]["bulkOperations"]["nodes"]
    assert [each["id"] for each in found] == running[::-1]
    shop.dev.bulk_conduct(shop.handle)


def test_a_cancelled_one_leaves_what_it_did(shop: Installed, buyers: list[int]) -> None:
    shop.dev.bulk_conduct(shop.handle, held_after=3)
    operation = begun(shop, tagged(buyers, "bulk"))
    wait_until(shop, operation, lambda found: found["objectCount"] == "3")
    assert shop.ask(CANCEL, id=operation)["data"]["bulkOperationCancel"] == {
        "bulkOperation": {"status": "CANCELING"},
        "userErrors": [],
    }
    ended = wait_until(shop, operation, lambda found: found["completedAt"] is not None)
    assert (ended["status"], ended["url"]) == ("CANCELED", None)
    assert len(results(shop, ended["partialDataUrl"])) == len(shop.dev.tags(shop.handle)["bulk"]) == 3


@pytest.mark.parametrize(("status", "code"), [("FAILED", "TIMEOUT"), ("EXPIRED", None)])
def test_it_ends_badly_on_request_after_some_lines(
    shop: Installed, buyers: list[int], status: str, code: str | None
) -> None:
    shop.dev.fail_next_bulk(shop.handle, code, status=status, after=2, kind="MUTATION")
    ended = finished(shop, tagged(buyers, "bulk"))
    assert (ended["status"], ended["errorCode"], ended["url"]) == (status, code, None)
    assert len(results(shop, ended["partialDataUrl"])) == len(shop.dev.tags(shop.handle)["bulk"]) == 2


def test_a_scope_taken_away_fails_it(shop: Installed, buyers: list[int]) -> None:
    shop.dev.bulk_conduct(shop.handle, held_after=2)
    operation = begun(shop, tagged(buyers, "bulk"))
    wait_until(shop, operation, lambda found: found["objectCount"] == "2")
    shop.dev.grant_scopes(shop.handle, ["read_customers"])
    shop.dev.bulk_conduct(shop.handle)
    ended = wait_until(shop, operation, lambda found: found["completedAt"] is not None)
    assert (ended["status"], ended["errorCode"]) == ("FAILED", "ACCESS_DENIED")
    assert len(shop.dev.tags(shop.handle)["bulk"]) == 2


def test_removing_the_app_stops_it(shop: Installed, buyers: list[int]) -> None:
    shop.dev.bulk_conduct(shop.handle, held_after=2)
    operation = begun(shop, tagged(buyers, "bulk"))
    wait_until(shop, operation, lambda found: found["objectCount"] == "2")
    shop.dev.uninstall(shop.handle)
    end = time.monotonic() + 5
    while (state := shop.dev.bulk_operations(shop.handle)[0]["status"]) != "CANCELED" and time.monotonic() < end:
        time.sleep(0.02)
    assert state == "CANCELED"
    assert len(shop.dev.tags(shop.handle)["bulk"]) == 2


def test_it_takes_as_long_as_asked(shop: Installed, buyers: list[int]) -> None:
    shop.dev.bulk_conduct(shop.handle, seconds=0.4)
    began = time.monotonic()
    finished(shop, tagged(buyers, "bulk"))
    assert time.monotonic() - began >= 0.4


def test_bulk_operations_can_be_refused_while_other_calls_are_not(shop: Installed, buyers: list[int]) -> None:
    path = upload(shop, tagged(buyers, "bulk"))
    shop.dev.bulk_conduct(shop.handle, refused="403")
    assert shop.post(RUN, mutation=ADD, path=path).status_code == 403
    assert shop.post("{ shop { name } }").status_code == 200
    shop.dev.bulk_conduct(shop.handle, "MUTATION", refused="LIMIT_REACHED")
    assert start(shop, path)["userErrors"][0]["code"] == "LIMIT_REACHED"
    shop.dev.bulk_conduct(shop.handle, disallowed=True)
    assert start(shop, path)["userErrors"] == [
        {"field": ["mutation"], "message": "You must use an allowed mutation name.", "code": None}
    ]
    shop.dev.bulk_conduct(shop.handle)
    assert start(shop, path)["userErrors"] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The input file is empty."),
        (b"id,tags\n1,a\n", "Unexpected file structure - expected JSONL"),
        (b"[1]\n", "Unexpected file structure - expected JSONL"),
    ],
)
def test_a_file_that_holds_no_variables_is_refused(shop: Installed, content: bytes, message: str) -> None:
    to = target(shop)
    send(shop, to, content)
    (error,) = start(shop, to["fields"]["key"])["userErrors"]
    assert error == {"field": None, "message": message, "code": "INVALID_STAGED_UPLOAD_FILE"}


@pytest.mark.parametrize(
    ("mutation", "field", "message"),
    [
        ("mutation { tagsAdd", None, "Failed to parse the mutation - syntax error, unexpected end of file at [1, 12]"),
        ("{ shop { id } }", None, "Invalid operation type. Only `mutation` operations are supported."),
        (
            'mutation { a: tagsAdd(id: "", tags: []) { node { id } } b: tagsAdd(id: "", tags: []) { node { id } } }',
            ["mutation"],
            "You must specify a single top level mutation.",
        ),
        (
            'mutation { bulkOperationCancel(id: "") { userErrors { message } } }',
            ["mutation"],
            "You must use an allowed mutation name.",
        ),
    ],
)
def test_a_mutation_that_cannot_run_in_bulk_is_a_user_error(
    shop: Installed, mutation: str, field: list[str] | None, message: str
) -> None:
    (error,) = start(shop, "anywhere", mutation)["userErrors"]
    assert (error["field"], error["message"]) == (field, message)


def test_preparing_an_upload_costs_eleven_points(shop: Installed) -> None:
    assert shop.ask(TARGET, input=[FILE])["extensions"]["cost"]["requestedQueryCost"] == 11


def test_a_file_of_another_shop_is_not_found(shop: Installed, install: Callable[..., Installed]) -> None:
    path = upload(install(), tagged([1]))
    assert start(shop, path)["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_a_client_identifier_has_ten_letters_or_more(shop: Installed, buyers: list[int]) -> None:
    path = upload(shop, tagged(buyers))
    assert start(shop, path, by="too-short")["userErrors"][0]["field"] == ["clientIdentifier"]
    assert start(shop, path, by="long-enough")["userErrors"] == []
    assert shop.dev.bulk_operations(shop.handle)[0]["client_identifier"] == "long-enough"


def test_addresses_of_results_can_be_voided_and_asked_for_anew(shop: Installed, buyers: list[int]) -> None:
    operation = begun(shop, tagged(buyers, "bulk"))
    old = wait_until(shop, operation, lambda found: found["completedAt"] is not None)["url"]
    shop.dev.expire_results(shop.handle)
    assert shop.http.get(old).status_code == 403
    anew = look(shop, operation)["url"]
    assert shop.http.get(anew).status_code == 200
    shop.dev.expire_results(shop.handle, gone=True)
    assert shop.http.get(look(shop, operation)["url"]).status_code == 404


def test_results_can_be_read_for_seven_days_of_the_shops_time(shop: Installed, buyers: list[int]) -> None:
    shop.dev.set_clock("2026-03-01T12:00:00+00:00")
    url = finished(shop, tagged(buyers, "bulk"))["url"]
    shop.dev.set_clock("2026-03-08T11:59:59+00:00")
    assert shop.http.get(url).status_code == 200
    shop.dev.set_clock("2026-03-08T12:00:00+00:00")
    assert shop.http.get(url).status_code == 403


def test_an_upload_can_fail_on_request(shop: Installed, buyers: list[int]) -> None:
    to = target(shop)
    shop.dev.fault("503", target="uploads", remaining=1)
    assert send(shop, to, b"{}\n").status_code == 503
    assert start(shop, to["fields"]["key"])["userErrors"][0]["code"] == "NO_SUCH_FILE"
    assert send(shop, to, b"{}\n").status_code == 201
