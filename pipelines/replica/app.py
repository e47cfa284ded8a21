"""The replica as a web application: which address gives which answer.

Here: routing, hosts, errors. Not here: records and envelopes (`v3`, `v4`), or running a server (`server`).

CBS's host is the first part of the path: `/datasets.cbs.nl/odata/v1/CBS/03759ned/Properties`.
"""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipelines.replica import v3, v4
from pipelines.replica.catalogue import V3_HOSTS, V4_HOST, Tables
from pipelines.replica.options import filtered_records, read_options
from pipelines.replica.query import QueryError
from pipelines.replica.tables import Table
from pipelines.replica.world import World

Handler = Callable[[Request], Response]
_V3_PARTS = ("ODataApi", "ODataFeed")
_V4_TABLE = f"/{V4_HOST}/odata/v1/CBS"
_COUNT = "$count"


def create_app(
    world: World, *, v3_page_rows: int = 10_000, v4_page_rows: int = 100_000, tables: Tables | None = None
) -> Starlette:
    """Make the application that serves a world.

    Args:
        world: what is served.
        v3_page_rows: rows a page of the v3 Feed.
        v4_page_rows: rows a page of v4.
        tables: in the place of all tables of the world.
    """
    tables = tables or Tables(world)

    def v3_table(request: Request) -> Response:
        host, part, odata = (request.path_params[key] for key in ("host", "part", "odata"))
        tabel_id, entity = request.path_params["id"], request.path_params.get("entity", "")
        if host not in V3_HOSTS or part not in _V3_PARTS or odata.lower() != "odata":
            return _not_found(request)
        table = tables.get(host, tabel_id)
        if table is None:
            return v3.error(404, f"Table '{tabel_id}' not found.")
        base = f"{_root(request)}/{host}/{part}/{odata}/{tabel_id}"
        return _v3_entity(request, table, base, entity, v3_page_rows if part == "ODataFeed" else None)

    def v3_catalogue(request: Request) -> Response:
        host = request.path_params["host"]
        if host not in V3_HOSTS:
            return _not_found(request)
        options = read_options(request.query_params)
        v3.checked_format(options)
        records = [v3.catalogue_record(number, table) for number, table in enumerate(tables.on(host))]
        return v3.records_answer(f"{_root(request)}/{host}/ODataCatalog", "Tables", records, options)

    def v4_table(request: Request) -> Response:
        tabel_id = request.path_params["id"]
        table = tables.get(V4_HOST, tabel_id)
        if table is None:
            return v4.error(404, f"Dataset '{tabel_id}' not found.")
        base = f"{_root(request)}{_V4_TABLE}/{tabel_id}"
        return _v4_entity(request, table, base, request.path_params.get("entity", ""), v4_page_rows)

    def v4_catalogue(request: Request) -> Response:
        records = [v4.catalogue_record(table) for table in tables.on(V4_HOST)]
        base = f"{_root(request)}{_V4_TABLE}"
        return v4.records_answer(base, "Datasets", records, read_options(request.query_params))

    v3_path = "/{host}/{part}/{odata}/{id}"
    routes = [
        Route("/{host}/ODataCatalog/Tables", _answered(v3_catalogue, v3.error)),
        Route(f"{_V4_TABLE}/Datasets", _answered(v4_catalogue, v4.error)),
        *(
            Route(f"{_V4_TABLE}/{{id}}{rest}", _answered(v4_table, v4.error))
            for rest in ("", "/", "/{entity}", "/{entity}/{count}")
        ),
        *(
            Route(f"{v3_path}{rest}", _answered(v3_table, v3.error))
            for rest in ("", "/", "/{entity}", "/{entity}/{count}")
        ),
    ]
    return Starlette(routes=routes, exception_handlers={404: _nothing_here})


def _v3_entity(request: Request, table: Table, base: str, entity: str, page_rows: int | None) -> Response:
    options = read_options(request.query_params)
    v3.checked_format(options)
    counted = _is_count(request)
    if entity in v3.DATA:
        if counted:
            return PlainTextResponse(str(table.rows.count(options.filter)))
        return v3.data_answer(table, base, entity, options, request.query_params, page_rows=page_rows)
    records = v3.metadata(table, entity) if entity else v3.service(table, base)
    if records is None:
        return v3.error(404, f"Resource not found for the segment '{entity}'.")
    if counted:
        return PlainTextResponse(str(len(filtered_records(records, options))))
    return v3.records_answer(base, entity, records, options)


def _v4_entity(request: Request, table: Table, base: str, entity: str, page_rows: int) -> Response:
    options = read_options(request.query_params)
    counted = _is_count(request)
    if entity == v4.OBSERVATIONS:
        if counted:
            return PlainTextResponse(str(table.rows.count(options.filter)))
        return v4.data_answer(table, base, options, request.query_params, page_rows=page_rows)
    if entity == "Properties" and not counted:
        return v4.properties_answer(base, table)
    records = v4.metadata(table, base, entity) if entity else v4.service(table)
    if records is None:
        return v4.error(404, f"Resource not found for the segment '{entity}'.")
    if counted:
        return PlainTextResponse(str(len(filtered_records(records, options))))
    return v4.records_answer(base, entity, records, options)


def _is_count(request: Request) -> bool:
    """Tell whether the number of records is asked for; what else follows an entity is not there."""
    segment = request.path_params.get("count")
    if segment not in {None, _COUNT}:
        raise QueryError(f"Resource not found for the segment '{segment}'.")
    return segment == _COUNT


def _root(request: Request) -> str:
    """Give the address at which the replica was asked, so that links lead back to it."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _answered(handler: Handler, error: Callable[[int, str], Response]) -> Handler:
    """Make a handler answer 400 in its protocol's envelope when a query is not understood."""

    def answer(request: Request) -> Response:
        try:
            return handler(request)
        except QueryError as trouble:
            return error(400, str(trouble))

    return answer


def _not_found(request: Request) -> Response:
    return v3.error(404, f"Nothing at {request.url.path}.")


async def _nothing_here(request: Request, _: Exception) -> Response:
    return _not_found(request)
