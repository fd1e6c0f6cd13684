# Islands as runs of pixels (../loops/islands.c). Rows of bits have the first pixel of eight in the highest bit.

def pack_pixels(const uint8_t[:, ::1] pixels not None, bint inverted, uint8_t[:, ::1] bits not None,
                int32_t[::1] per_row not None, /):
    """Bits of the pixels that are not 0, or that are; gives the number of their runs, `per_row` that of each row."""
    cdef Py_ssize_t ny = pixels.shape[0], nx = pixels.shape[1]
    cdef int64_t total
    need_image("pixels", pixels.shape)
    need_shape("bits", bits.shape, ny, (nx + 7) // 8)
    need_length("per_row", per_row.shape[0], ny)
    cdef Array[3] arrays = [array("bits", &bits[0, 0], ny * bits.shape[1], 1),
                            array("per_row", &per_row[0], ny, 4),
                            array("pixels", &pixels[0, 0], ny * nx, 1)]
    need_apart(arrays, 2, 3)
    with nogil:
        total = loops.pack_pixels(&pixels[0, 0], ny, nx, inverted, &bits[0, 0], &per_row[0])
    return total


def count_runs(const uint8_t[:, ::1] bits not None, Py_ssize_t nx, int32_t[::1] per_row not None, /):
    """Number of the runs of rows of bits, `per_row` that of each row."""
    cdef Py_ssize_t ny = bits.shape[0]
    cdef int64_t total
    need_image("bits", bits.shape)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need_length("per_row", per_row.shape[0], ny)
    cdef Array[2] arrays = [array("per_row", &per_row[0], ny, 4), array("bits", &bits[0, 0], ny * bits.shape[1], 1)]
    need_apart(arrays, 1, 2)
    with nogil:
        total = loops.count_runs(&bits[0, 0], ny, nx, &per_row[0])
    return total


def find_runs(const uint8_t[:, ::1] bits not None, Py_ssize_t nx, int32_t[::1] starts not None,
              int32_t[::1] ends not None, /):
    """First column of each run, and the one beyond its last; there is room for just as many as there are."""
    cdef Py_ssize_t ny = bits.shape[0], count = starts.shape[0]
    cdef bint found
    need_image("bits", bits.shape)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need_length("ends", ends.shape[0], count)
    cdef Array[3] arrays = [array("starts", &starts[0], count, 4), array("ends", &ends[0], count, 4),
                            array("bits", &bits[0, 0], ny * bits.shape[1], 1)]
    need_apart(arrays, 2, 3)
    with nogil:
        found = loops.find_runs(&bits[0, 0], ny, nx, count, &starts[0], &ends[0])
    need(found, "starts: not as many as there are runs")


def link_runs(const int32_t[::1] per_row not None, const int32_t[::1] starts not None,
              const int32_t[::1] ends not None, int32_t[::1] labels not None, const int32_t[::1] above_starts not None,
              const int32_t[::1] above_ends not None, const int32_t[::1] above_labels not None, bint corners,
              int32_t[::1] parent not None, Py_ssize_t count, /):
    """Label the runs of some rows, given those of the row above them; gives how many labels there are then.

    `parent` has the parent of each of `count` labels, itself or one before it, and room for as many more as there are
    runs.
    """
    cdef Py_ssize_t rows = per_row.shape[0], total = starts.shape[0]
    cdef int32_t above = <int32_t> above_starts.shape[0], linked
    need_length("ends", ends.shape[0], total)
    need_length("labels", labels.shape[0], total)
    need_range("above_starts", above_starts.shape[0], 0, MOST)
    need_length("above_ends", above_ends.shape[0], above)
    need_length("above_labels", above_labels.shape[0], above)
    need_range("count", count, 0, parent.shape[0])
    need(parent.shape[0] < 1 << 31 and total <= parent.shape[0] - count, "parent: no room for all runs")
    cdef Array[8] arrays = [array("labels", &labels[0], total, 4), array("parent", &parent[0], parent.shape[0], 4),
                            array("per_row", &per_row[0], rows, 4), array("starts", &starts[0], total, 4),
                            array("ends", &ends[0], total, 4), array("above_starts", &above_starts[0], above, 4),
                            array("above_ends", &above_ends[0], above, 4),
                            array("above_labels", &above_labels[0], above, 4)]
    need_apart(arrays, 2, 8)
    need(loops.are_runs(&per_row[0], rows, &starts[0], &ends[0], total, MOST), "starts: no runs of the rows")
    need(loops.are_runs(&above, 1, &above_starts[0], &above_ends[0], above, MOST), "above_starts: no runs of a row")
    need(loops.are_below(&above_labels[0], above, <int32_t> count), "above_labels: not below the count")
    with nogil:
        linked = loops.link_runs(&per_row[0], rows, &starts[0], &ends[0], &labels[0], &above_starts[0], &above_ends[0],
                                 &above_labels[0], above, corners, &parent[0], <int32_t> count)
    need(linked >= 0, "parent: one comes after its label")
    return linked


def number_islands(int32_t[::1] parent not None, /):
    """Number the islands from 1, in place of the parent of each label, itself or one before it; gives how many."""
    cdef Py_ssize_t count = parent.shape[0]
    cdef int32_t islands
    need(count < 1 << 31, "parent: too many")
    cdef Array[1] arrays = [array("parent", &parent[0], count, 4)]
    need_apart(arrays, 1, 1)
    with nogil:
        islands = loops.number_islands(&parent[0], <int32_t> count)
    need(islands >= 0, "parent: one comes after its label")
    return islands


def clear_runs(uint8_t[:, ::1] bits not None, Py_ssize_t nx, const int32_t[::1] labels not None,
               const uint8_t[::1] keep not None, /):
    """Unset the runs whose label is not to be kept; `keep` is by label, and there is a label for each run."""
    cdef Py_ssize_t ny = bits.shape[0], count = labels.shape[0]
    cdef bint all_there
    need_image("bits", bits.shape)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need(keep.shape[0] < 1 << 31, "keep: too many")
    cdef Array[3] arrays = [array("bits", &bits[0, 0], ny * bits.shape[1], 1), array("labels", &labels[0], count, 4),
                            array("keep", &keep[0], keep.shape[0], 1)]
    need_apart(arrays, 1, 3)
    need(loops.are_below(&labels[0], count, <int32_t> keep.shape[0]), "labels: beyond what is kept")
    with nogil:
        all_there = loops.clear_runs(&bits[0, 0], ny, nx, &labels[0], count, &keep[0])
    need(all_there, "labels: not as many as there are runs")


def paint_runs(const uint8_t[:, ::1] bits not None, const int32_t[::1] labels not None,
               const int32_t[::1] island not None, int32_t[:, ::1] out not None, /):
    """Put the number of its island at each pixel of the runs; `island` is by label, and there is a label for each run."""
    cdef Py_ssize_t ny = out.shape[0], nx = out.shape[1], count = labels.shape[0]
    cdef bint all_there
    need_image("out", out.shape)
    need_length("bits", bits.shape[0], ny)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need(island.shape[0] < 1 << 31, "island: too many")
    cdef Array[4] arrays = [array("out", &out[0, 0], ny * nx, 4),
                            array("bits", &bits[0, 0], ny * bits.shape[1], 1), array("labels", &labels[0], count, 4),
                            array("island", &island[0], island.shape[0], 4)]
    need_apart(arrays, 1, 4)
    need(loops.are_below(&labels[0], count, <int32_t> island.shape[0]), "labels: beyond the islands")
    with nogil:
        all_there = loops.paint_runs(&bits[0, 0], ny, nx, &labels[0], count, &island[0], &out[0, 0])
    need(all_there, "labels: not as many as there are runs")
