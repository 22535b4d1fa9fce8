"""Find which GraphQL operation a request would execute, by GraphQL's own parser.

The body that is checked is written again for the application, so that both read the same: of a repeated JSON key, an unusual
content type or a charset two readers may see different operations. A list of operations is refused; Dagster has no batches.
"""

from __future__ import annotations

import json
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast, parse
from starlette.datastructures import QueryParams

MUTATION = OperationType.MUTATION
_OF_ONE_OPERATION = ("query", "operationName", "variables")


class Refused(Exception):
    """A request that is not passed on: its HTTP status, and the message for its sender."""

    def __init__(self, status: int, message: str, allow: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"Allow": allow} if allow else None


def operation_of_query_string(parameters: QueryParams) -> OperationType | None:
    """The type of the operation in an address; None if there is none. `Refused` if it is unclear which one would be executed."""
    if any(len(parameters.getlist(name)) > 1 for name in _OF_ONE_OPERATION):
        raise Refused(400, "a parameter is repeated; send one operation per request")
    query = parameters.get("query")
    return None if query is None else _operation(query, parameters.get("operationName"))


def operation_of_body(content_type: str, body: bytes) -> tuple[OperationType, dict[str, Any]]:
    """The type of the operation in a body, and the operation as JSON-compatible data; `Refused` for everything else.

    Forms and plain text are refused: a page of any origin can send them without asking first.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/graphql":
        request: Any = {"query": body.decode(errors="replace")}
    elif media_type == "application/json":
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "the request is not valid JSON") from None
    else:
        raise Refused(415, "GraphQL requests are accepted as application/json or application/graphql only")
    if isinstance(request, list):
        raise Refused(400, "a list of operations is not accepted; send one operation per request")
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise Refused(400, "the request has no GraphQL text in `query`; stored operations are not supported")
    name, variables = request.get("operationName"), request.get("variables")
    if not isinstance(name, str | None) or not isinstance(variables, str | dict | None):
        raise Refused(400, "`operationName` must be a text, and `variables` an object")
    found = _operation(request["query"], name)
    return found, {"query": request["query"], "operationName": name, "variables": variables}


def subscription_message(text: str | None) -> str:
    """Return a message of a socket as it is passed on; `Refused` if it would execute anything but a subscription."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        raise Refused(400, "the message is not valid JSON") from None
    if not isinstance(message, dict):
        raise Refused(400, "the message is not an object")
    if message.get("type") != "start":
        return json.dumps({name: message.get(name) for name in ("id", "type")})
    payload = message.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        raise Refused(400, "the message has no GraphQL text")
    if _operation(payload["query"], None) != OperationType.SUBSCRIPTION:
        raise Refused(400, "a socket is for subscriptions only")
    operation = {"query": payload["query"], "variables": payload.get("variables")}
    return json.dumps({"id": message.get("id"), "type": "start", "payload": operation})


def _operation(query: str, name: str | None) -> OperationType:
    """The type of the operation that a server executes; `Refused` if it would find none, or could not choose."""
    try:
        document = parse(query)
    except (GraphQLError, RecursionError) as error:
        raise Refused(400, f"the GraphQL text cannot be read: {getattr(error, 'message', 'it is nested too deeply')}") from None
    named = [d.name.value for d in document.definitions if isinstance(d, OperationDefinitionNode) and d.name]
    found = get_operation_ast(document, name)
    if found is None or len(named) != len(set(named)):
        raise Refused(400, "the GraphQL text must contain exactly one operation, or `operationName` must name one of several")
    return found.operation
