"""Writes tables with pyiceberg into the folder that is named, and serves them as an Iceberg REST catalog to who has its secret.

It prints its address, and for each line that it reads it appends ten rows to the table n.sales. A second argument is JSON: the
warehouse and properties of the catalog, in which the table lies in a bucket; and what the catalog says beside a table to who asks
for credentials, which a line of JSON replaces."""

import http.server
import json
import sys
import threading
import urllib.parse

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

root = sys.argv[1]
more = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
vended = more.get("vended", {})
catalog = SqlCatalog("c", uri=f"sqlite:///{root}/catalog.db", **{"warehouse": f"file://{root}/warehouse", **more.get("properties", {})})
catalog.create_namespace("n")
rows = pa.table({"id": pa.array(range(10), pa.int64()), "name": [f"n{i}" for i in range(10)]})
sales = catalog.create_table("n.sales", rows.schema)
sales.append(rows)


class Server(http.server.BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path != "/v1/oauth/tokens" or form["client_id"] != ["me"] or form["client_secret"] != ["canary"]:
            return self.answer(401, {"error": {"message": "who?", "code": 401}})
        self.answer(200, {"access_token": "token-of-me", "token_type": "bearer", "expires_in": 3600})

    def do_GET(self):
        if self.headers["Authorization"] != "Bearer token-of-me":
            return self.answer(401, {"error": {"message": "who?", "code": 401}})
        if self.path == "/v1/config?warehouse=house":
            return self.answer(200, {"defaults": {}, "overrides": {"prefix": "w/1"}})
        start = "/v1/w/1/namespaces/"
        if not self.path.startswith(start):
            return self.answer(400, {"error": {"message": "no such path", "code": 400}})
        namespace, _, name = self.path.removeprefix(start).partition("/tables/")
        levels = urllib.parse.unquote(namespace).split("\x1f")
        if not catalog.table_exists((*levels, name)):
            return self.answer(404, {"error": {"message": f"table {name} does not exist", "code": 404}})
        table = catalog.load_table((*levels, name))
        beside = vended if self.headers["X-Iceberg-Access-Delegation"] == "vended-credentials" else {}
        told = {"metadata-location": table.metadata_location, "metadata": json.loads(table.metadata.model_dump_json()), "config": {}, **beside}
        self.answer(200, told)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
for line in sys.stdin:
    if line.startswith("{"):
        vended = json.loads(line)
        print("told", flush=True)
        continue
    catalog.load_table("n.sales").append(rows)
    print("appended", flush=True)
