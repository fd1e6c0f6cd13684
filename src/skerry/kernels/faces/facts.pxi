# What is known of each run of pixels (../loops/facts.c).

ctypedef fused Pixel:
    uint8_t
    float

ctypedef fused Fact:
    uint8_t
    double
    uint64_t


cdef int need_runs(const Pixel[:, ::1] pixels, const int32_t[::1] per_row, const int32_t[::1] starts,
                   const int32_t[::1] ends, Fact[::1] out) except -1:
    cdef Py_ssize_t rows = pixels.shape[0], nx = pixels.shape[1], total = starts.shape[0]
    need_image("pixels", pixels.shape)
    need_length("per_row", per_row.shape[0], rows)
    need_length("ends", ends.shape[0], total)
    need_length("out", out.shape[0], total)
    cdef Array[5] arrays = [array("out", &out[0], total, sizeof(Fact)),
                            array("pixels", &pixels[0, 0], rows * nx, sizeof(Pixel)),
                            array("per_row", &per_row[0], rows, 4), array("starts", &starts[0], total, 4),
                            array("ends", &ends[0], total, 4)]
    need_apart(arrays, 1, 5)
    need(loops.are_runs(&per_row[0], rows, &starts[0], &ends[0], total, nx), "starts: no runs of the rows")
    return 0


def any_of_runs(const uint8_t[:, ::1] pixels not None, const int32_t[::1] per_row not None,
                const int32_t[::1] starts not None, const int32_t[::1] ends not None, uint8_t[::1] out not None, /):
    """Bits that any pixel of a run has; runs go from a first column up to one, `per_row` is their number."""
    need_format("out", out, "B")
    need_runs[uint8_t, uint8_t](pixels, per_row, starts, ends, out)
    with nogil:
        loops.any_of_runs(&pixels[0, 0], pixels.shape[1], &per_row[0], pixels.shape[0], &starts[0], &ends[0], &out[0])


def any_set_in_runs(const uint8_t[:, ::1] bits not None, Py_ssize_t nx, const int32_t[::1] per_row not None,
                    const int32_t[::1] starts not None, const int32_t[::1] ends not None, uint8_t[::1] out not None, /):
    """1 where a pixel of a run, as for `any_of_runs`, is set in rows of bits of `nx` pixels."""
    cdef Py_ssize_t rows = bits.shape[0], total = starts.shape[0]
    need_format("out", out, "B")
    need_image("bits", bits.shape)
    need_range("nx", nx, 0, MOST)
    need_shape("bits", bits.shape, rows, (nx + 7) // 8)
    need_length("per_row", per_row.shape[0], rows)
    need_length("ends", ends.shape[0], total)
    need_length("out", out.shape[0], total)
    cdef Array[5] arrays = [array("out", &out[0], total, 1), array("bits", &bits[0, 0], rows * bits.shape[1], 1),
                            array("per_row", &per_row[0], rows, 4), array("starts", &starts[0], total, 4),
                            array("ends", &ends[0], total, 4)]
    need_apart(arrays, 1, 5)
    need(loops.are_runs(&per_row[0], rows, &starts[0], &ends[0], total, nx), "starts: no runs of the rows")
    with nogil:
        loops.any_set_in_runs(&bits[0, 0], bits.shape[1], &per_row[0], rows, &starts[0], &ends[0], &out[0])


def sums_of_runs(const float[:, ::1] pixels not None, const int32_t[::1] per_row not None,
                 const int32_t[::1] starts not None, const int32_t[::1] ends not None, double[::1] out not None, /):
    """Sums over runs, as for `any_of_runs`, each from left to right."""
    need_runs[float, double](pixels, per_row, starts, ends, out)
    with nogil:
        loops.sums_of_runs(&pixels[0, 0], pixels.shape[1], &per_row[0], pixels.shape[0], &starts[0], &ends[0], &out[0])


def ranks_of_runs(const float[:, ::1] pixels not None, const int32_t[::1] per_row not None,
                  const int32_t[::1] starts not None, const int32_t[::1] ends not None, uint64_t[::1] out not None, /):
    """Rank of the highest pixel of runs, as for `any_of_runs`.

    It is higher for a higher value, and among equal ones for a later pixel: the value in its upper 32 bits, the column
    in the lower ones.
    """
    need_runs[float, uint64_t](pixels, per_row, starts, ends, out)
    with nogil:
        loops.ranks_of_runs(&pixels[0, 0], pixels.shape[1], &per_row[0], pixels.shape[0], &starts[0], &ends[0], &out[0])
