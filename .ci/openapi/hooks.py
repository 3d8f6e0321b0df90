"""What valid requests must keep besides their schemas: rules over several parameters, which OpenAPI has no words for.

Requests that are meant to be refused stay as they are, but where their fault can't be seen in a URL.
"""

import base64
import datetime
import re

import schemathesis

MAX_PARAMETERS = 50  # of one request: a field may be compared in eight ways, but nobody does all at once


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    if case.operation.path.endswith("/query") and not case.meta.generation.mode.is_negative and isinstance(case.body, dict):
        # Members are the parameters of other paths, which those try; here only the body is.
        case.body = {} if "{dataset}" in case.operation.path else {"dataset": "ca_country"}
    if not case.query:
        return
    if case.meta.generation.mode.is_negative:
        show(case)
        return
    query = dict(case.query)
    path = case.operation.path

    # Only the API makes cursors, and one holds the whole question: whatever else is sent must be that question.
    cursor = query.pop("cursor", None)
    if cursor and of_dataset(str(cursor), path):
        query = {"cursor": cursor}
    # as_of chooses a release, and release names one.
    if "release" in query:
        query.pop("as_of", None)
    # dialect is of CSV, and totals and explain have a place in JSON alone.
    if query.get("format") != "csv":
        query.pop("dialect", None)
    if query.get("format", "json") != "json":
        query.pop("totals", None)
        query.pop("explain", None)
    # q looks into texts, and field chooses whose values are listed.
    if not str(case.path_parameters.get("field", "")).startswith(("pays", "produit")):
        query.pop("q", None)
    if "sort" in query:
        sort(query, path)
    if path.endswith("/aggregate"):
        aggregate(query)
    # The period of a list of times must touch the one before it.
    for name in [n for n in query if n.endswith("__in") and re.match("date_|.*_purchase|reference_", n)]:
        query.pop(name)
    # A week equals its Monday, and no other day.
    for name in [n for n in query if n.startswith("semaine") and not re.search("__(gte?|lte?|isnull)$", n)]:
        items = query[name] if isinstance(query[name], list) else [query[name]]
        if any(not monday(part) for item in items for part in str(item).split(",")):
            query.pop(name)
    # or, and and not have conditions whose words their pattern doesn't say.
    for name in ["or", "and", "not"]:
        query.pop(name, None)
    # compare needs one span of time, which other parameters give or not.
    if not path.endswith("/kpis") or any(n != "compare" for n in query):
        query.pop("compare", None)
    # previous says which period compare compares with; of growth it stands alone.
    if path.endswith("/aggregate"):
        query.pop("previous", None)
    for name in list(query)[MAX_PARAMETERS:]:
        query.pop(name)
    case.query = query


def monday(text):
    """Whether a text that may be a day is no other day: the Monday of a week is its name."""
    try:
        return datetime.date.fromisoformat(text).weekday() == 0 if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else True
    except ValueError:
        return True


def show(case):
    """An empty object leaves no trace in a URL, and a number is a list of one text: another fault stands in for those."""
    texts = {p.name for p in case.operation.query if text_list(p.definition)}
    hidden = [n for n, v in case.query.items() if v in ({}, []) or n in texts and not isinstance(v, (list, dict))]
    if hidden:
        case.query = {**case.query, "no_such_parameter": "1"}


def text_list(parameter):
    schema = parameter.get("schema", {})
    return schema.get("type") == "array" and schema.get("items", {}).get("type") == "string"


def of_dataset(cursor, path):
    """A cursor goes on with the question that it was made for."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        return False
    dataset = re.match(r"/datasets/([^/]+)/(rows|aggregate)$", path)
    return bool(dataset) and (b"/aggregate" in text) == path.endswith("/aggregate") and dataset[1].encode() in text


def sort(query, path):
    """A field can be sorted by once; those of an aggregate are columns that the request names."""
    terms = query["sort"] if isinstance(query["sort"], list) else str(query["sort"]).split(",")
    names = [re.sub(r"^-|:(asc|desc)$", "", str(t)) for t in terms]
    if len(set(names)) < len(names) or path.endswith("/aggregate") and set(names) != {"count"}:
        query.pop("sort")


def aggregate(query):
    """Columns are named once, bins have ascending edges, and having names columns."""
    groups = [g for g in re.split(r",(?![^(]*\))", str(query.get("group_by", ""))) if g]
    columns = []
    for g in groups:
        name, _, term = g.rpartition(":")
        edges = [float(e) for e in re.findall(r"-?[0-9.]+", term.partition(".bins(")[2])]
        columns.append(name or re.sub(r"\.bins.*", "_bins", term).replace(".", "_"))
        if "__" in name or edges != sorted(set(edges)) or len(groups) > 8:
            query.pop("group_by", None)
            columns = []
            break
    measures = [m for m in str(query.get("measures", "count()")).split(",") if m]
    for m in measures:
        name, _, term = m.rpartition(":")
        columns.append(name or ("count" if term == "count()" else term.replace("(", "_").rstrip(")")))
    if len(set(columns)) < len(columns) or len(measures) > 32 or any("__" in c for c in columns):
        query.pop("measures", None)
        query.pop("group_by", None)
        columns = ["count"]  # of the default, count()
    for name in [n for n in query if n == "having" or n.split("__")[0] in columns]:
        query.pop(name)
    query.pop("having", None)
    if query.get("measures", "count()") != "count()":
        query.pop("sort", None)
