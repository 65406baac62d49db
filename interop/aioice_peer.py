"""aioice against our ICE agent: aioice_peer.py ICE_PEER TURN_SERVER USER PASSWORD.

Each case starts our agent as a program, exchanges credentials and candidates with it as JSON lines,
connects, and sends data both ways.
"""

import asyncio
import json
import sys

import aioice
from aioice import ice

# Loopback addresses are left out by aioice as a rule; there is nothing else that is sure to be there.
ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

PATIENCE = 15
failed = 0


def check(holds, name, seen):
    global failed
    if holds:
        print(f"ok     {name}", flush=True)
    else:
        failed += 1
        print(f"FAILED {name}: {seen!r}", flush=True)


class Ours:
    """Our agent, and what it has said."""

    async def start(self, *arguments):
        self.process = await asyncio.create_subprocess_exec(
            *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self.said = []
        return self

    async def hear(self, key):
        """The value of the next line that has this key; all lines are kept in `said`."""
        while True:
            line = await self.process.stdout.readline()
            if not line:
                raise ConnectionError(f"our agent ended; it said {self.said}")
            said = json.loads(line)
            self.said.append(said)
            if key in said:
                return said[key]

    def tell(self, **order):
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    def all(self, key):
        return [said[key] for said in self.said if key in said]

    async def stop(self):
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 5)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()


async def signal(ours, theirs):
    """Tells each agent what the other one has gathered."""
    await ours.hear("end")
    await theirs.gather_candidates()
    (hello,) = [said for said in ours.said if "ufrag" in said]
    theirs.remote_username, theirs.remote_password = hello["ufrag"], hello["password"]
    for line in ours.all("candidate"):
        candidate = aioice.Candidate.from_sdp(line.removeprefix("candidate:"))
        await theirs.add_remote_candidate(candidate)
    await theirs.add_remote_candidate(None)
    ours.tell(ufrag=theirs.local_username, password=theirs.local_password)
    for candidate in theirs.local_candidates:
        ours.tell(candidate=f"candidate:{candidate.to_sdp()}")
    ours.tell(end=True)
    # Otherwise the first check might come before the candidate that it comes from.
    await ours.hear("ready")


async def exchange(ours, theirs, name):
    for length in (1, 100, 1200):
        await theirs.send(b"a" * length)
        heard = await ours.hear("received")
        check(heard == "a" * length, f"{name}: {length} bytes from aioice to us", heard)
        ours.tell(send="t" * length)
        heard = await theirs.recv()
        check(heard == b"t" * length, f"{name}: {length} bytes from us to aioice", heard)


async def case(name, program, our_role, their_role, types, ours_turn=(), **theirs_options):
    ours = await Ours().start(program, our_role, *ours_turn)
    theirs = aioice.Connection(
        ice_controlling=their_role == "controlling", use_ipv6=False, **theirs_options
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await signal(ours, theirs)
            selected, _ = await asyncio.gather(ours.hear("selected"), theirs.connect())
            check(selected == types, f"{name}: selected pair", selected)
            await exchange(ours, theirs, name)
            ours_now = [our_role, *ours.all("role")][-1]
            theirs_now = "controlling" if theirs.ice_controlling else "controlled"
            check(ours_now != theirs_now, f"{name}: one of the two is controlling", ours_now)
    except Exception as error:
        check(False, name, (error, ours.said))
    finally:
        await theirs.close()
        await ours.stop()


async def main(program, server, user, password):
    host, port = server.rsplit(":", 1)
    turn = {"turn_server": (host, int(port)), "turn_username": user, "turn_password": password}
    relay_only = {**turn, "transport_policy": ice.TransportPolicy.RELAY}
    hosts = {"local": "host", "remote": "host"}
    await case("we control", program, "controlling", "controlled", hosts)
    await case("aioice controls", program, "controlled", "controlling", hosts)
    # Who switches is up to the tie-breakers: several times, so that each one does.
    for number in range(4):
        await case(f"both control ({number})", program, "controlling", "controlling", hosts)
    for number in range(4):
        await case(f"both are controlled ({number})", program, "controlled", "controlled", hosts)
    relayed = {"local": "host", "remote": "relay"}
    await case(
        "aioice on our relay", program, "controlling", "controlled", relayed, **relay_only
    )
    await case(
        "aioice on our relay, controlling", program, "controlled", "controlling", relayed, **relay_only
    )
    # Direct paths are there as well, and win.
    await case(
        "both with our relay", program, "controlling", "controlled", hosts,
        ours_turn=(server, user, password), **turn,
    )
    theirs = aioice.Connection(
        ice_controlling=True, use_ipv6=False, **{**relay_only, "turn_password": f"not {password}"}
    )
    async with asyncio.timeout(PATIENCE):
        await theirs.gather_candidates()
    check(not theirs.local_candidates, "a wrong password gets no relay", theirs.local_candidates)
    await theirs.close()
    return 1 if failed else 0


sys.exit(asyncio.run(main(*sys.argv[1:])))
