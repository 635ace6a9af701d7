"""Three tiers on one machine: web may talk to app, app to db, and nobody past the next. `make demo` runs it.

The tiers are ordinary programs, started as user data; the client is the real curl, the rules are changed with the real
AWS CLI. Everything, the server included, lives in a directory of its own and is gone at the end.
"""

import subprocess
import sys
import time

from culvert import BINARY, Culvert, until
from network import Vpc

# What each tier runs: it answers with its own line and what the tier behind it says.
TIER = """#!/usr/bin/env python3
import http.server, socketserver, urllib.request
class Tier(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = b"{name}" + (b" <- " + urllib.request.urlopen("{behind}", timeout=3).read() if "{behind}" else b"")
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
    def log_message(self, *_):
        pass
socketserver.ThreadingTCPServer(("0.0.0.0", {port}), Tier).serve_forever()
"""

COLOURS = sys.stdout.isatty()


def say(text="", colour=None):
    print(f"\033[{colour}m{text}\033[0m" if colour and COLOURS else text, flush=True)


def curl(culvert, source, url, patience=2):
    """Runs curl in an instance, and shows the line and what came of it."""
    command = ["curl", "--silent", "--show-error", "--max-time", str(patience), url]
    say(f"  {source.name}$ curl --max-time {patience} {url}", 1)
    result = subprocess.run(
        [BINARY, "exec", source.id, "--", *command], env=culvert.shell_environment(), capture_output=True, text=True
    )
    line = (result.stdout or result.stderr).strip()
    say(f"    {line}", 32 if result.returncode == 0 else 31)
    return result.returncode


def aws(culvert, *words):
    say(f"  $ aws {' '.join(words)}", 1)
    began = time.monotonic()
    culvert.aws(*words, text=True)
    say(f"    done in {time.monotonic() - began:.1f} s; the kernel enforces it now")


def expect(outcome, expected):
    if outcome != expected:
        sys.exit(f"the demo went wrong: curl ended with {outcome}, not {expected}")


def play(culvert):
    say(f"Culvert serves the EC2 API at {culvert.endpoint}. A VPC with three subnets, three security groups and three")
    say("instances is made through it; each instance is a Linux network namespace with a small web server in it:")
    say()
    vpc = Vpc(culvert.ec2)
    web_group = vpc.group(name="web")
    app_group = vpc.group(f"tcp 8080 from {web_group}", name="app")
    db_group = vpc.group(f"tcp 5432 from {app_group}", name="db")

    tiers, behind = {}, ""
    for name, port, group, zone in (("db", 5432, db_group, "c"), ("app", 8080, app_group, "b"), ("web", 8000, web_group, "a")):
        script = TIER.format(name=name, port=port, behind=behind)
        tier = vpc.instance(vpc.subnet(zone=f"us-east-1{zone}"), group, UserData=script)
        tier.name, tier.url = name, f"http://{tier.address}:{port}/"
        tiers[name], behind = tier, tier.url
    web, app, db = tiers["web"], tiers["app"], tiers["db"]
    for tier in tiers.values():
        until(f"{tier.name} answers itself", lambda: tier.run("curl", "-s", tier.url, check=False).returncode == 0, 20)

    for tier, rule in ((web, "lets nobody in"), (app, "lets in tcp 8080 from group web"), (db, "lets in tcp 5432 from group app")):
        say(f"  {tier.name:4} {tier.id}  {tier.address:10}  {rule}")

    say()
    say("1. web reaches app, and app reaches db behind it:")
    expect(curl(culvert, web, app.url), 0)
    say()
    say("2. web does not reach db. The packet is dropped, so curl waits in vain:")
    expect(curl(culvert, web, db.url), 28)
    say()
    say("3. A rule is added, and holds from the moment of its answer:")
    rule = ("--group-id", db_group, "--protocol", "tcp", "--port", "5432", "--source-group", web_group)
    aws(culvert, "ec2", "authorize-security-group-ingress", *rule)
    expect(curl(culvert, web, db.url), 0)
    say()
    say("4. The rule is revoked:")
    aws(culvert, "ec2", "revoke-security-group-ingress", *rule)
    expect(curl(culvert, web, db.url), 28)
    say()
    vpc.delete()


def main():
    with Culvert(*sys.argv[1:]) as culvert:
        play(culvert.start())
    say("Everything is removed again. To keep one running: make run")


if __name__ == "__main__":
    main()
