"""Real cameras on the loopback: HTTP (MJPEG and single pictures) and RTSP. They film their own counter."""

import base64
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2

from maskgate.demo.broker import free_port
from tests.mask_node.fakes import numbered

#: Between two pictures, in seconds.
PAUSE_S = 0.02
USER, PASSWORD = "door", "a@b"


class Camera:
    """Films a counter, `numbered` modulo 60, and can be switched off and on again on the same port."""

    scheme, path = "http", "/"

    def __init__(self) -> None:
        self.port, self.filmed, self.on = free_port(), 0, False

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{self.path}"

    def jpeg(self) -> bytes:
        coding = [cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
        picture = cv2.imencode(".jpg", numbered(self.filmed % 60), coding)[1].tobytes()
        self.filmed += 1
        return picture

    def start(self) -> None: ...

    def stop(self) -> None: ...


class HttpCamera(Camera):
    """answer: what it does with a request, until `on` is false."""

    protected = False

    def answer(self, request: BaseHTTPRequestHandler) -> None: ...

    def start(self) -> None:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                if camera.protected and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                    return
                try:
                    camera.answer(self)
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                pass

        self.on = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self.on:
            self.on = False
            self._server.shutdown()
            self._server.server_close()


class MjpegCamera(HttpCamera):
    """lengths: whether each part says how long it is. garbage: send that in place of pictures."""

    def __init__(self, *, lengths: bool = True) -> None:
        super().__init__()
        self.lengths, self.garbage = lengths, False

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        while self.on:
            jpeg = b"no picture" if self.garbage else self.jpeg()
            length = f"Content-Length: {len(jpeg)}\r\n" if self.lengths else ""
            request.wfile.write(f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode() + jpeg + b"\r\n")
            time.sleep(PAUSE_S)


class StillCamera(HttpCamera):
    """One picture for each request."""

    path = "/snapshot.jpg"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        jpeg = self.jpeg()
        request.send_response(200)
        request.send_header("Content-Type", "image/jpeg")
        request.send_header("Content-Length", str(len(jpeg)))
        request.end_headers()
        request.wfile.write(jpeg)


class RtspCamera(Camera):
    """RTSP 1.0 (RFC 2326) with RTP inside the connection and JPEG inside RTP (RFC 2435): no encoder is needed."""

    scheme, path = "rtsp", "/door"

    def start(self) -> None:
        self.on = True
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._talks: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        if self.on:
            self.on = False
            # A thread that waits in accept holds the port until it is woken.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for talk in self._talks:
                talk.close()

    def _accept(self) -> None:
        while self.on:
            try:
                talk, _ = self._listener.accept()
            except OSError:
                return
            self._talks.append(talk)
            threading.Thread(target=self._talk, args=(talk,), daemon=True).start()

    def _talk(self, talk: socket.socket) -> None:
        stream = talk.makefile("rwb", buffering=0)
        try:
            while self.on and (request := stream.readline()):
                headers = {}
                while (line := stream.readline()) not in (b"\r\n", b""):
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                method = request.split()[0].decode()
                more, body = self._reply(method)
                head = f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
                talk.sendall((head + body).encode())
                if method == "PLAY":
                    self._film(talk)
        except OSError:
            return

    def _reply(self, method: str) -> tuple[str, str]:
        if method == "DESCRIBE":
            sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=door\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:video\r\n"
            return f"Content-Base: {self.address}/\r\nContent-Type: application/sdp\r\n", sdp
        if method == "SETUP":
            return "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", ""
        return {"OPTIONS": "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"}.get(method, "Session: 1\r\n"), ""

    def _film(self, talk: socket.socket) -> None:
        number = 0
        while self.on:
            jpeg = self.jpeg()
            scan = jpeg.index(b"\xff\xda")
            data = jpeg[scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big") : -2]
            for at in range(0, len(data), 1200):
                last = at + 1200 >= len(data)
                stamp = self.filmed * int(90_000 * PAUSE_S)
                rtp = struct.pack("!BBHII", 0x80, 26 | last << 7, number & 0xFFFF, stamp & 0xFFFFFFFF, 1)
                # Type 1 is 4:2:0, Q is the encoder's quality, sides in units of 8 pixels.
                rtp += struct.pack("!IBBBB", at, 1, 80, 96 // 8, 64 // 8) + data[at : at + 1200]
                talk.sendall(struct.pack("!cBH", b"$", 0, len(rtp)) + rtp)
                number += 1
            time.sleep(PAUSE_S)
