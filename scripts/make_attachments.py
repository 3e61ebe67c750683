"""Create the sample attachments of the LLM page: an image, a document, a recording and a video, each tiny.

python -m scripts.make_attachments

The video is recorded by the browser that the tests use.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib

from playwright.sync_api import sync_playwright

from boomerang.invoker.audio import decoding, mp3_encoding
from boomerang.invoker.backends.embedded.tasks.tts import VOICE, Speaker
from boomerang.invoker.run import Run
from boomerang.workbench.samples.inputs import ATTACHMENTS, CODE_WORD
from tests.browser.driving import launch

SIDE = 96
"""In pixels."""

_FILM = """async (side) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side })
  const brush = canvas.getContext("2d")
  const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: 40000 })
  const pieces = []
  recorder.ondataavailable = (event) => pieces.push(event.data)
  const ended = new Promise((resolve) => { recorder.onstop = resolve })
  recorder.start()
  const begun = performance.now()
  await new Promise((resolve) => {
    const frame = () => {
      const share = (performance.now() - begun) / 2000
      brush.fillStyle = "white"
      brush.fillRect(0, 0, side, side)
      brush.fillStyle = "blue"
      brush.beginPath()
      brush.arc(side * (0.15 + 0.7 * Math.min(share, 1)), side / 2, side / 8, 0, 7)
      brush.fill()
      share < 1 ? requestAnimationFrame(frame) : resolve()
    }
    frame()
  })
  recorder.stop()
  await ended
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer())
  return btoa(String.fromCharCode(...bytes))
}"""


def main() -> None:
    """Write the files."""
    made = [image(), document(), recording(), film()]
    for sample, data in zip(ATTACHMENTS, made, strict=True):
        sample.path.parent.mkdir(parents=True, exist_ok=True)
        sample.path.write_bytes(data)
        print(f"{sample.label:12} {sample.file:18} {len(data) / 1000:6.1f} kB")


def image() -> bytes:
    """Return a PNG of a red square on white."""
    inside = range(SIDE // 4, SIDE * 3 // 4)
    rows = [[b"\xd0\x10\x20" if x in inside and y in inside else b"\xff\xff\xff" for x in range(SIDE)] for y in range(SIDE)]
    pixels = b"".join(b"\0" + b"".join(row) for row in rows)
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def document() -> bytes:
    """Return a PDF with one line that contains a code word."""
    drawing = f"BT /F1 18 Tf 20 60 Td (The code word is {CODE_WORD}.) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 140] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    file = io.BytesIO(b"%PDF-1.4\n")
    file.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % place for place in places)
    file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return file.getvalue()


def recording() -> bytes:
    """Return an MP3 in which the code word is spoken."""
    spoken = b"".join(Speaker().segments(f"The code word is {CODE_WORD}.", VOICE, Run()))
    samples, rate_hz = decoding.decode(spoken)
    return mp3_encoding.encode_mp3(samples, rate_hz)


def film() -> bytes:
    """Return a video of two seconds in which a blue dot moves from left to right."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        data: str = page.evaluate(_FILM, SIDE)
        browser.close()
    return base64.b64decode(data)


if __name__ == "__main__":
    main()
