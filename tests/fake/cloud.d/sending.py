"""How an answer gets onto the wire when it is late, slow, or never whole."""
import asyncio

CHUNK = 8192


def chunks(body):
    """A whole body in chunks."""
    parts = []
    for at in range(0, len(body), CHUNK):
        part = body[at:at + CHUNK]
        parts.append(b"%x\r\n%s\r\n" % (len(part), part))
    parts.append(b"0\r\n\r\n")
    return b"".join(parts)


async def send(connection, answer):
    """Sends it as its fault says, after its delay."""
    rule = answer.rule
    kind = rule.kind if rule else None
    delay_ms = answer.delay_ms + (rule.get("ms", 1000) if kind == "latency" else 0)
    if delay_ms:
        await asyncio.sleep(delay_ms / 1000)
    sender = SENDERS.get(kind)
    if sender is None:
        connection.transport.write(connection.whole(answer))
    else:
        await sender(connection, answer)
    connection.finished()


async def drip(connection, answer):
    """So many bytes, and a wait after each; the whole answer in the end."""
    data = connection.whole(answer)
    step = answer.rule.get("bytes", 1)
    for at in range(0, len(data), step):
        connection.transport.write(data[at:at + step])
        await asyncio.sleep(answer.rule.get("ms", 100) / 1000)


async def close(connection, answer):
    """Half of a body of known length, and then the end."""
    body = connection.body(answer)
    connection.transport.write(connection.head(answer, len(body)) + body[:len(body) // 2])
    connection.transport.close()


async def truncate(connection, answer):
    """The end within a chunk."""
    body = connection.body(answer)
    part = body[:max(1, len(body) // 2)]
    connection.transport.write(
        connection.head(answer, None) + b"%x\r\n%s" % (len(body) + 100, part))
    connection.transport.close()


async def length(connection, answer):
    """A Content-Length that is wrong by so many bytes: too long by default, and the connection
    stays open.
    """
    body = connection.body(answer)
    wrong = max(0, len(body) + answer.rule.get("bytes", 10))
    connection.transport.write(connection.head(answer, wrong) + body)
    if wrong > len(body):
        await asyncio.sleep(answer.rule.get("ms", 600000) / 1000)
    connection.transport.close()


async def headers(connection, answer):
    """Header lines and lines, until so many bytes; then the answer."""
    line = b"X-Amz-Filling: " + b"x" * 1000 + b"\r\n"
    count = answer.rule.get("bytes", 4 << 20) // len(line) + 1
    head, _, rest = connection.whole(answer).partition(b"\r\n")
    connection.transport.write(head + b"\r\n" + line * count + rest)


async def stale(connection, answer):
    """All of it, and then the end, of which nothing was said before."""
    connection.transport.write(connection.whole(answer))
    connection.transport.close()


async def reset(connection, _answer):
    """No answer but the connection's end."""
    connection.transport.abort()


SENDERS = {"drip": drip, "close": close, "truncate": truncate, "length": length, "reset": reset,
           "headers": headers, "stale": stale}
