"""`make pictures`: compress what the console's tests kept into the pictures that docs/building-manager.md shows."""

from pathlib import Path

from PIL import Image

FROM, TO = Path("var/screenshots/console"), Path("docs/pictures")
#: By its name in the documentation: the test's picture, and the width it is shown at, in pixels.
SHOWN = {
    "console-doors": ("doors-desktop-light", 1080),
    "console-passages": ("passages-desktop-light", 1080),
    "console-charts": ("charts-desktop-light", 1080),
    "console-doors-phone": ("doors-phone-dark", 390),
    "console-door-phone": ("door-phone-dark", 390),
}
MOST_BYTES = 150_000


def main() -> None:
    """Compress each; a picture that grows too large is an error."""
    TO.mkdir(parents=True, exist_ok=True)
    for name, (source, width) in SHOWN.items():
        with Image.open(FROM / f"{source}.png") as taken:
            made = taken.convert("RGB").resize(
                (width, round(taken.height * width / taken.width)), Image.Resampling.LANCZOS
            )
        path = TO / f"{name}.webp"
        made.save(path, "WEBP", quality=80, method=6)
        if path.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{path} has {path.stat().st_size} bytes; {MOST_BYTES} at most")


if __name__ == "__main__":
    main()
