"""A Chromium without a screen whose microphone is a file, on a page of ours that calls with JsSIP and reports what it hears."""
import http.server
import json
import threading
import urllib.parse

from harness import HERE, Process, free_port


class Pages(http.server.BaseHTTPRequestHandler):
    FILES = {"/": (HERE / "browser_page.html", "text/html"),
             "/jssip.js": (HERE.parent / "data/jssip/jssip.js", "text/javascript")}

    def do_GET(self):
        path, kind = self.FILES.get(urllib.parse.urlparse(self.path).path, (None, None))
        if not path:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(path.read_bytes())

    def do_POST(self):
        self.server.reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Browser(Process):
    def __init__(self, folder, name, play, wss, room, tones, film=None, bundle="balanced", video="now"):
        self.pages = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Pages)
        self.pages.reports = []
        threading.Thread(target=self.pages.serve_forever, daemon=True).start()
        query = urllib.parse.urlencode({"wss": wss, "room": room, "tones": ",".join(map(str, tones)),
                                        "bundle": bundle, **({"video": video} if film else {})})
        home = folder / name
        super().__init__(folder, name, [
            "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions",
            f"--user-data-dir={home}", "--ignore-certificate-errors", "--autoplay-policy=no-user-gesture-required",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={play}", "--enable-logging=stderr",
            *([f"--use-file-for-fake-video-capture={film}"] if film else []),
            f"http://localhost:{self.pages.server_address[1]}/?{query}"], env={"HOME": str(folder)})

    def reports(self, name):
        return [report for report in self.pages.reports if report["name"] == name]

    def stop(self, *args, **kwargs):
        self.pages.shutdown()
        self.pages.server_close()
        return super().stop(*args, **kwargs)
