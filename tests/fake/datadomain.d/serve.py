"""The process: REST over TLS, and a control socket for the command line, tests and other stand-ins."""
import json
import os
import signal
import socketserver
import ssl
import sys
import threading
from http.server import ThreadingHTTPServer

from machine import Machine, Refused
from replicator import Replicator
from rest import Handler
from shell import Shell


class RestServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    machine = None

    def verify_request(self, request, _):
        return self.machine.knob("rest") != "down"

    def handle_error(self, *_):
        pass  # a client that went away


def control(machine, shell, word, arguments):
    """Answers one word of --ask."""
    if word == "command":
        return shell.run(*arguments)
    if word == "receive":
        machine.receive(*arguments)
    elif word == "mtree":
        machine.add_mtree(*arguments)
    elif word == "context":
        number, path, peer, target = arguments
        with open(os.path.join(peer, "name"), encoding="utf-8") as file:
            machine.add_context(int(number), path, peer, target, file.read().strip())
    elif word == "cut":
        with machine.lock:
            machine.data["contexts"] = []
            machine.save()
    elif word == "knob":
        machine.turn(*arguments)
    elif word == "knobs":
        return machine.data["knobs"]
    elif word == "fill":
        machine.fill(arguments[0], int(arguments[1]))
    elif word == "drop":
        machine.drop(*arguments)
    elif word == "lock":
        with machine.lock:
            machine.mtree(arguments[0])["lock"] = arguments[1]
            machine.save()
    elif word == "tree":
        return machine.tree(*arguments)
    elif word == "snapshots":
        return machine.snapshots(*arguments)
    elif word == "quota":
        with machine.lock:
            machine.mtree(arguments[0])["quota"] = int(arguments[1])
            machine.save()
    elif word == "contexts":
        return machine.data["contexts"]
    elif word == "calls":
        return machine.calls
    elif word == "forget":
        machine.calls.clear()
    elif word == "kill-tokens":
        Handler.tokens.clear()
    else:
        raise Refused(f"no word '{word}'")
    return {}


class ControlHandler(socketserver.StreamRequestHandler):
    def handle(self):
        wish = json.loads(self.rfile.readline() or b"{}")
        try:
            answer = control(self.server.machine, self.server.shell, wish.get("word", ""),
                             wish.get("arguments", []))
        except (Refused, ValueError, TypeError, OSError) as why:
            answer = {"error": str(why)}
        try:
            self.wfile.write(json.dumps(answer).encode() + b"\n")
        except OSError:
            pass


class ControlServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def write(folder, name, text):
    with open(os.path.join(folder, name + ".new"), "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
    os.replace(os.path.join(folder, name + ".new"), os.path.join(folder, name))


def serve(folder, name, port):
    from __main__ import ask
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    os.chdir(folder)
    machine = Machine(os.getcwd(), name)
    Handler.machine, Handler.tokens, RestServer.machine = machine, {}, machine
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("server.pem", "server.key")
    rest = RestServer(("127.0.0.1", port), Handler)
    # Without a handshake in accept: one who says nothing holds nobody up.
    rest.socket = context.wrap_socket(rest.socket, server_side=True, do_handshake_on_connect=False)
    if os.path.exists("control"):
        os.unlink("control")
    commands = ControlServer("control", ControlHandler)
    commands.machine, commands.shell = machine, Shell(machine)
    Replicator(machine, ask).start()
    for server in (rest, commands):
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    write(folder, "name", name)
    write(folder, "pid", os.getpid())
    write(folder, "port", rest.server_address[1])
    signal.sigwait(stops)
    os.unlink("control")
    sys.stdout.flush()
    os._exit(0)
