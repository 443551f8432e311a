"""What the measuring scripts share: bin/braid, and models of the test data by cards."""
import os, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("BRAID_TEST_DATA", ROOT.parent / "shared" / "data"))
BRAID = ROOT / "bin" / "braid"
# Models of the test data that the repository has no card of: pixels and head.
CARDS = {
    "yolox_nano": """input: {width: 416, height: 416, color: bgr, scale: 1.0, mean: [0, 0, 0], std: [1, 1, 1], resize: letterbox, pad: 114, align: topleft}
head: {kind: yolox, strides: [8, 16, 32]}
""",
    "yolo-fastest-1.1-xl": """input: {width: 320, height: 320, color: rgb, scale: 0.00392156862745098, resize: stretch}
head:
  kind: darknet
  outputs:
    - {name: yolo0, type: yolo, anchors: [[115, 73], [119, 199], [242, 238]], stride: 32}
    - {name: yolo1, type: yolo, anchors: [[12, 18], [37, 49], [52, 132]], stride: 16}
""",
}


def braid(env, *args):
    done = subprocess.run([BRAID, *map(str, args)], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{Path(sys.argv[0]).name}: braid {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def card(name, folder):
    """The name of a model, or a card of it written into the folder."""
    if name not in CARDS:
        return name
    file = folder / f"{name}.card.yaml"
    file.write_text(f"name: {name}\nfile: {DATA}/models/{name}.onnx\nlabels: {DATA}/tools/coco.names\n{CARDS[name]}"
                    "nms: {kind: greedy, iou: 0.45, score: 0.4}\n")
    return file
