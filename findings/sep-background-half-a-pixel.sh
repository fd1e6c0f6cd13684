#!/usr/bin/env bash
# sep 1.4.1 (and SExtractor, whose code it carries): the background map of an image and that of its transpose differ.
#
# One would expect Background(image.T).back() to be Background(image).back().T when the boxes are square. It is not: the
# values of the boxes are drawn as if each stood half a pixel further up than its centre, in y and not in x. On a ramp of
# one unit a pixel the map is half a unit lower along y than along x, at any size of the boxes. The same holds for the rms.
#
# Seen: along x the map is off by -1.2422 (the statistic of a ramp within a box), along y by -1.7422.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet sep==1.4.1 numpy==2.2.6 2>/dev/null
"$work/venv/bin/python" - <<'PY'
import numpy as np
import sep

assert sep.__version__ == "1.4.1", sep.__version__
down, across = np.mgrid[:512, :512].astype(float)
inner = (slice(100, 400), slice(100, 400))
off = {}
for axis, ramp in (("x", across), ("y", down)):
    drawn = sep.Background(np.ascontiguousarray(ramp), bw=32, bh=32, fw=1, fh=1).back()
    off[axis] = float((drawn - ramp)[inner].mean())
print(f"sep {sep.__version__}: off by {off['x']:.4f} along x, {off['y']:.4f} along y")
assert abs(off["x"] - off["y"] - 0.5) < 1e-3, "the two axes no longer differ by half a pixel"
PY
