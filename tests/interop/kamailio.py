"""Debian's Kamailio with one of the configurations in tests/interop/kamailio."""
from harness import HERE, Process, answers_options, free_port, wait_until


class Kamailio(Process):
    """`places` are the words in capitals that the configuration leaves open; LISTEN is its own host and port."""

    def __init__(self, folder, config, **places):
        self.port = places.pop("port", None) or free_port()
        home = folder / config
        home.mkdir()
        text = (HERE / "kamailio" / f"{config}.cfg").read_text()
        for name, value in {"LISTEN": f"127.0.0.1:{self.port}", **places}.items():
            text = text.replace(name, value)
        (home / "kamailio.cfg").write_text(text)
        # In a process group and a run directory of its own, without a control socket that others share.
        super().__init__(folder, config, ["kamailio", "-f", str(home / "kamailio.cfg"), "-DD", "-E", "-m", "16", "-M", "4",
                                          "-w", str(home), "-Y", str(home)])
        wait_until(lambda: answers_options("127.0.0.1", self.port), 10, "Kamailio to answer OPTIONS")

    def said(self, words, count=1, seconds=5):
        """Waits until its log has these words so often."""
        wait_until(lambda: self.log().count(words) >= count, seconds, f"Kamailio to say '{words}'")
