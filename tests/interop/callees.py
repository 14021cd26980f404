"""SIPp as the one who is called: tests/interop/sipp/callee_*.xml, each called once."""
import pathlib
import subprocess

from harness import HERE, Process, free_port, wait_until


def is_bound(port, kind="udp"):
    """Whether somebody on this host listens at the port."""
    sockets = pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in sockets)


class Callee(Process):
    """Plays a scenario; `changes` are put into it first. uri calls it, passed() waits for its end and tells whether all went as written."""

    def __init__(self, folder, scenario, changes=(), moved="<sip:nobody@127.0.0.1>", transport="u1"):
        self.port, media = free_port(), free_port(count=6)
        text = (HERE / "sipp" / f"{scenario}.xml").read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        name = f"{scenario}-{self.port}"
        played = pathlib.Path(folder) / f"{name}.xml"
        played.write_text(text)
        self.errors = pathlib.Path(folder) / f"{name}-errors.log"
        super().__init__(folder, name, ["sipp", "-sf", str(played), "-i", "127.0.0.1", "-p", str(self.port), "-mi", "127.0.0.1",
                                        "-mp", str(media), "-m", "1", "-t", transport, "-nostdin", "-timeout", "60",
                                        "-timeout_error", "-key", "moved", moved, "-trace_err", "-error_file", str(self.errors)])
        kind = "tcp" if transport.startswith("t") else "udp"
        wait_until(lambda: is_bound(self.port, kind), 5, f"SIPp to listen for {scenario}")
        self.uri = f"sip:callee@127.0.0.1:{self.port}" + (";transport=tcp" if kind == "tcp" else "")

    def passed(self, seconds=60):
        try:
            done = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            done = None
        if done != 0 and self.errors.exists():
            print(self.errors.read_text()[-3000:])
        return done == 0
