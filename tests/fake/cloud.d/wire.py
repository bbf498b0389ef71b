"""A lean HTTP/1.1 server: keep-alive, one request at a time a connection."""
import asyncio
import traceback
from email.utils import formatdate
from http import HTTPStatus

import sending
from answers import REQUEST_ID, Refusal, new_request_id, plain

HEAD_LIMIT = 65536
BODY_LIMIT = 1 << 20
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Request:
    __slots__ = ("method", "target", "path", "query", "headers", "body")

    def header(self, name, default=None):
        """The first value of a header."""
        values = self.headers.get(name)
        return values[0].strip() if values else default


class BadRequest(Exception):
    pass


def parse_head(head):
    """A Request of the text before the empty line."""
    lines = head.decode("utf-8", "replace").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1].startswith("/"):
        raise BadRequest("no request line: '%s'" % lines[0][:100])
    request = Request()
    request.method, request.target, _ = parts
    request.path, _, request.query = parts[1].partition("?")
    request.headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise BadRequest("no header: '%s'" % line[:100])
        request.headers.setdefault(name.lower(), []).append(value)
    if "host" not in request.headers:
        raise BadRequest("no Host")
    return request


class Clock:
    """The Date header's text, made once a second."""

    def __init__(self, now):
        self.now = now
        self.second = None
        self.text = b""

    def date(self):
        second = int(self.now())
        if second != self.second:
            self.second = second
            self.text = formatdate(second, usegmt=True).encode()
        return self.text


class Connection(asyncio.Protocol):
    def __init__(self, cloud, clock):
        self.cloud = cloud
        self.clock = clock
        self.transport = None
        self.buffer = bytearray()
        self.request = None         # whose body is awaited
        self.wanted = 0             # bytes of its body
        self.busy = False           # an answer is on its way
        self.ending = False
        self.sender = None          # what sends slowly

    def connection_made(self, transport):
        self.transport = transport
        self.cloud.connections.add(self)

    def connection_lost(self, _problem):
        self.cloud.connections.discard(self)
        if self.sender is not None:
            self.sender.cancel()

    def data_received(self, data):
        self.buffer += data
        try:
            self.advance()
        except BadRequest as problem:
            self.ending = True
            self.reply(plain(400, str(problem)))

    def advance(self):
        """Answers the next request, if it is all there."""
        while not self.busy and not self.transport.is_closing():
            if self.request is None:
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0:
                    if len(self.buffer) > HEAD_LIMIT:
                        raise BadRequest("the head is too long")
                    return
                self.request = parse_head(bytes(self.buffer[:end]))
                del self.buffer[:end + 4]
                self.begin_body()
            if len(self.buffer) < self.wanted:
                return
            request, self.request = self.request, None
            request.body = bytes(self.buffer[:self.wanted])
            del self.buffer[:self.wanted]
            self.busy = True
            self.ending = request.header("connection", "").lower() == "close"
            self.reply(self.answer(request))

    def answer(self, request):
        """The cloud's; an error of ours is told, and answered as AWS answers its own."""
        try:
            return self.cloud.answer(request)
        except Exception:
            traceback.print_exc()
            self.cloud.broken += 1
            return plain(500, "the stand-in itself failed: see its log\n")

    def begin_body(self):
        request = self.request
        if "transfer-encoding" in request.headers:
            raise BadRequest("a body must have a Content-Length")
        text = request.header("content-length", "0")
        if not text.isascii() or not text.isdigit() or int(text) > BODY_LIMIT:
            raise BadRequest("no good Content-Length")
        self.wanted = int(text)
        if request.header("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def reply(self, answer):
        if answer.later is not None:
            self.sender = asyncio.ensure_future(self.reply_later(answer))
        elif answer.silent:
            return
        elif answer.delay_ms or answer.rule is not None:
            self.sender = asyncio.ensure_future(sending.send(self, answer))
        else:
            self.transport.write(self.whole(answer))
            self.done()

    async def reply_later(self, answer):
        delay_ms = answer.delay_ms
        try:
            answer = await answer.later()
        except Refusal as refusal:
            answer = plain(refusal.status, refusal.message)
        answer.delay_ms = delay_ms
        self.sender = None
        self.reply(answer)

    def done(self):
        """The answer is on its way; the next may come."""
        self.busy = False
        self.sender = None
        if self.ending:
            self.transport.close()

    def finished(self):
        """As done, from a sender of its own: what came meanwhile is answered."""
        self.done()
        if self.buffer:
            self.data_received(b"")

    def head(self, answer, length):
        """Status line and headers; length is a number, or None for chunks."""
        lines = [b"HTTP/1.1 %d %s" % (answer.status, REASONS.get(answer.status, "?").encode()),
                 b"x-amzn-RequestId: " + answer.request_id,
                 b"Content-Type: " + answer.content_type.encode(),
                 b"Date: " + self.clock.date()]
        if length is None:
            lines.append(b"Transfer-Encoding: chunked")
        else:
            lines.append(b"Content-Length: %d" % length)
        if self.ending:
            lines.append(b"Connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def body(self, answer):
        answer.request_id = new_request_id().encode()
        return answer.body.replace(REQUEST_ID, answer.request_id)

    def is_chunked(self, body):
        return len(body) > self.cloud.world.knobs["chunk_above_bytes"]

    def whole(self, answer):
        body = self.body(answer)
        if self.is_chunked(body):
            return self.head(answer, None) + sending.chunks(body)
        return self.head(answer, len(body)) + body


async def serve(cloud, host, port, context):
    """Listens; gives the server and its port."""
    clock = Clock(cloud.now)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(cloud, clock), host, port, ssl=context, backlog=1024)
    return server, server.sockets[0].getsockname()[1]
