"""draw_dashboard.py [FILE.png]: every panel of docker/grafana/rotunda.json, drawn with what Prometheus answers to its queries while
calls come and go. Where there is no Grafana this shows that the panels ask for what is there; the places and sizes are the panels' own.

Needs prometheus and chromium. No part of ctest. Exit status 1 if a panel that must have data has none."""
import contextlib
import html
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import urllib.request

import audio
from dashboard import DASHBOARD, Prometheus, points_of
from harness import Baresip, Rotunda, wait_until
from probe import Probe
from video import colour_film

SECONDS = 150
# What a healthy server without scanners has none of.
MAY_BE_EMPTY = {"Refused input a second, by reason"}


def series_of(panel, prometheus, begun):
    """[(name, [(seconds, value)])] of everything the panel's queries find."""
    return [series for target in panel["targets"] for series in points_of(target, prometheus, begun)]


def draw(panel, found):
    """One panel where the dashboard has it, 24 columns of 60 and rows of 34 pixels."""
    place, colours = panel["gridPos"], ["#5794f2", "#73bf69", "#f2cc0c", "#ff780a", "#e02f44", "#b877d9"]
    width, height = place["w"] * 60 - 12, place["h"] * 34 - 10
    inside = f"<b>{html.escape(panel['title'])}</b>"
    if not found:
        inside += "<p>no data</p>"
    elif panel["type"] == "stat":
        inside += f"<h1>{found[0][1][-1][1]:g}</h1>"
    else:
        top = max(value for _, points in found for _, value in points) or 1
        x = lambda at: 50 + at / SECONDS * (width - 70)
        y = lambda value: height - 60 - value / top * (height - 100)
        lines = "".join(f"<polyline fill='none' stroke='{colours[i % 6]}' stroke-width='1.5' points='"
                        + " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points) + "'/>" for i, (_, points) in enumerate(found))
        names = " ".join(f"<span style='color:{colours[i % 6]}'>{html.escape(name)}</span>" for i, (name, _) in enumerate(found[:8]))
        inside += (f"<svg width='{width}' height='{height - 45}'><text x='2' y='{y(top) + 4:.0f}'>{top:.3g}</text>"
                   f"<text x='2' y='{y(0):.0f}'>0</text><line x1='50' x2='{width - 20}' y1='{y(0)}' y2='{y(0)}' stroke='#555'/>{lines}</svg><p>{names}</p>")
    return f"<div style='left:{place['x'] * 60}px;top:{place['y'] * 34}px;width:{width}px;height:{height}px'>{inside}</div>"


STYLE = """<style>body{background:#111217;color:#ccc;font:11px sans-serif;margin:0}div{position:absolute;background:#181b1f;overflow:hidden;
padding:4px;box-sizing:border-box}h1{color:#73bf69;text-align:center;margin:12px;font-size:34px}p{margin:2px}text{fill:#999;font-size:10px}</style>"""


def ask(server, path, **body):
    urllib.request.urlopen(f"http://{server.events('server.started')[0]['http']}{path}", json.dumps(body).encode(), timeout=5)


def talk(server, rounds):
    """Calls that come, talk and go; every third one's network loses packets."""
    standing = []
    for turn in range(rounds):
        probe = Probe(server.port, str(1000 + turn % 3))
        probe.invite()
        lossy = lambda packet, to=probe: random.random() < 0.02 or to.rtp.sendto(packet, to.media)
        probe.talk(audio.tone(8000, 300 + 40 * turn, SECONDS, 0.1), send=None if turn % 3 else lossy)
        standing.append(probe)
        ask(server, "/v1/bans", address=f"192.0.2.{turn + 1}", seconds=40)
        ask(server, "/v1/rooms/1000/dial", target="sip:nobody@127.0.0.1:1;transport=tcp")
        with contextlib.suppress(RuntimeError):  # 404
            lost = Probe(server.port, "nowhere")
            lost.invite()
        if len(standing) > 6:
            gone = standing.pop(0)
            gone.bye()
            gone.close()
        time.sleep(SECONDS / rounds)
    return standing


def main():
    picture = sys.argv[1] if len(sys.argv) > 1 else "dashboard.png"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server = Rotunda(folder)
        prometheus = Prometheus(folder, server.events("server.started")[0]["http"])
        begun = time.time()
        try:
            phone = Baresip(folder, "vera", "PCMU", video="H264", film=colour_film(folder, "blue"))
            phone.dial(server.uri("1000"))
            standing = talk(server, 15)
            wait_until(lambda: prometheus.ask("rotunda_calls", begun), 20, "Prometheus")
            found = {panel["id"]: series_of(panel, prometheus, begun) for panel in DASHBOARD["panels"]}
            page = folder / "dashboard.html"
            page.write_text(f"<meta charset='utf-8'>{STYLE}" + "".join(draw(panel, found[panel["id"]]) for panel in DASHBOARD["panels"]))
            rows = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in DASHBOARD["panels"])
            subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--window-size=1440,{rows * 34}",
                            f"--screenshot={pathlib.Path(picture).resolve()}", page.as_uri()], check=True, capture_output=True, timeout=60)
            empty = [panel["title"] for panel in DASHBOARD["panels"] if not found[panel["id"]] and panel["title"] not in MAY_BE_EMPTY]
            for probe in standing:
                probe.bye()
                probe.close()
            phone.stop()
        finally:
            prometheus.stop()
            server.stop()
    print(f"{len(DASHBOARD['panels'])} panels drawn to {picture}; without data: {', '.join(empty) or 'none'}")
    sys.exit(1 if empty else 0)


if __name__ == "__main__":
    main()
