"""REST: paths, tokens, pages; what goes wrong when a knob says so."""
import base64
import json
import re
import secrets
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote

import answers

USER, PASSWORD = "dbhaul", "dd-secret"
BODY_MAX = 65536
HUGE = 8 << 20
PAGE = 20


class Trouble(Exception):
    def __init__(self, http, code, details):
        super().__init__(details)
        self.http = http
        self.body = answers.status(code, details)


def filtered(rows, text):
    """`name=regex and mtree=regex`: regular expressions, found anywhere in the value."""
    for part in re.split(r"\s+and\s+", text.strip()) if text.strip() else []:
        key, _, pattern = part.partition("=")
        rows = [row for row in rows
                if re.search(pattern.strip().strip('"'), str(row.get(key.strip(), "")))]
    return rows


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    machine = None  # set by serve
    tokens = None   # token -> how often it was used

    def log_message(self, *_):
        pass

    def handle_any(self):
        machine = self.machine
        self.token = ""
        path, _, query = self.path.partition("?")
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_MAX))
        machine.note("rest", f"{self.command} {path}")
        if machine.knob("rest") == "down":
            self.close_connection = True
            return
        if machine.knob("rest") == "hang":
            with machine.lock:
                machine.changed.wait_for(lambda: machine.knob("rest") != "hang", 600)
            self.close_connection = True
            return
        try:
            if machine.knob("rest") == "error":
                raise Trouble(500, 5000, "The system is busy; try again later.")
            http, answer = self.route(path, query, body)
        except Trouble as trouble:
            http, answer = trouble.http, trouble.body
        self.answer(http, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def answer(self, http, answer):
        data = json.dumps(answer).encode()
        kind = self.machine.knob("body")
        length = len(data)
        if http == 200 and kind == "garbage":
            data = b"<html>" + bytes(range(128, 250)) + b"</html>"
            length = len(data)
        elif http == 200 and kind == "huge":
            data = b'{"a": "' + b"x" * HUGE + b'"}'
            length = len(data)
        elif http == 200 and kind == "cut":
            data = data[:length // 2]
        self.send_response(http)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        if self.token and http < 300:
            self.send_header("X-DD-AUTH-TOKEN", self.token)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True
        if kind == "cut":
            self.close_connection = True

    # ---- tokens

    def log_in(self, body):
        machine = self.machine
        basic = self.headers.get("Authorization", "")
        try:
            wish = json.loads(body or b"{}")
        except ValueError:
            raise Trouble(400, 5469, "Bad request payload") from None
        is_wrapped = isinstance(wish.get("auth_info"), dict)
        if machine.knob("login") not in ("both", "wrapped" if is_wrapped else "flat"):
            raise Trouble(500, 5469, "Bad request payload")
        if is_wrapped:
            wish = wish["auth_info"]
        if basic.startswith("Basic ") and not wish:
            name, _, word = base64.b64decode(basic[6:]).decode().partition(":")
            wish = {"username": name, "password": word}
        if (wish.get("username"), wish.get("password")) != (USER, PASSWORD):
            raise Trouble(401, 5400, "Authentication failed.")
        if machine.knob("mfa"):
            return 200, {**answers.status(0, "MFA is needed"), "mfa_res_info": [
                {"attemptId": "1", "username": USER, "authMethodIds": [1]}]}
        self.token = self.new_token()
        return 201, answers.status(0, "success")

    def new_token(self):
        token = secrets.token_hex(16)
        self.tokens[token] = 0
        return token

    def check_token(self):
        machine = self.machine
        token = self.headers.get("X-DD-AUTH-TOKEN", "")
        uses = machine.knob("token_uses")
        if token in self.tokens:
            self.tokens[token] += 1
        if token not in self.tokens or (uses and self.tokens[token] > uses):
            self.tokens.pop(token, None)
            raise Trouble(machine.knob("token_status"), 5427, "Authentication token is invalid.")
        self.token = token
        if machine.knob("token_turns"):
            del self.tokens[token]
            self.token = self.new_token()

    # ---- paths

    def route(self, path, query, body):
        if path == "/rest/v1.0/auth":
            if self.command == "POST":
                return self.log_in(body)
            self.check_token()
            if self.command == "DELETE":
                self.tokens.pop(self.token, None)
                self.token = ""
                return 200, answers.status(0, "success")
            raise Trouble(405, 5001, "Method Not Allowed")
        self.check_token()
        words = path.strip("/").split("/")
        if path == "/rest/v1.0/system":
            return self.read_only(answers.system(self.machine))
        if words[2:4] != ["dd-systems", "0"] or len(words) not in (5, 6):
            raise Trouble(404, 5002, "Not Found")
        key = unquote(words[5]) if len(words) == 6 else None
        if len(words) == 5:
            time.sleep(self.machine.knob("page_takes_s"))
        with self.machine.lock:
            return self.read_only(self.find("/".join(words[:2]), words[4], key, path, query))

    def read_only(self, answer):
        if self.command != "GET":
            raise Trouble(405, 5001, "Method Not Allowed")
        return 200, answer

    def missing(self, version, details):
        http = self.machine.knob("missing_rest" if version.startswith("rest") else "missing_api")
        return Trouble(http, 5469, details)

    def find(self, version, what, key, path, query):
        machine = self.machine
        if (version, what) == ("rest/v1.0", "snapshots"):
            return self.find_snapshots(key, path, query)
        if version in ("rest/v3.0", "api/v4") and what == "mtrees":
            make = answers.mtree_3 if version == "rest/v3.0" else answers.mtree_4
            if key is None:
                rows = [make(machine, each) for each in sorted(machine.data["mtrees"])]
                paging = "paging_info" if version == "rest/v3.0" else "pagingInfo"
                return self.page("mtree", rows, path, query, paging)
            if key not in machine.data["mtrees"]:
                raise self.missing(version, "Invalid mtree specified")
            return make(machine, key)
        if (version, what) == ("api/v1", "mtree-replications") and machine.knob("has_contexts"):
            rows = [answers.context(machine, each) for each in machine.data["contexts"]]
            rows += [answers.context_in(machine, each) for each in machine.data["incoming"]]
            if key is None:
                return self.page("contexts", rows, path, query, "paging_info")
            for row in rows:
                if key.removeprefix("rctx://") == row["id"]:
                    return row
            raise self.missing(version, "Invalid replication context specified")
        raise self.missing(version, "Not Found")

    def find_snapshots(self, key, path, query):
        machine = self.machine
        if key is None:
            rows = [answers.snapshot_row(machine, each) for each in machine.snapshots()]
            return self.page("snapshot", rows, path, query, "paging_info")
        mtree, _, name = key.rpartition(":")
        snapshot = machine.find(mtree, name)
        if not snapshot:
            raise self.missing("rest/v1.0", "Invalid snapshot specified")
        return answers.snapshot_detail(machine, snapshot)

    def page(self, name, rows, path, query, paging):
        wish = {key: values[-1] for key, values in parse_qs(query).items()}
        rows = filtered(rows, wish.get("filter", ""))
        page = int(wish.get("page", 0))
        size = min(int(wish.get("size", PAGE)) or PAGE, self.machine.knob("page_max"))
        return {name: rows[page * size:(page + 1) * size],
                paging: answers.paging(page, size, len(rows), path)}
