# Nearest pixels of a mask on another grid (../loops/sampling.c). Masks are of uint8, int16 or int32, and not below 0;
# their bits have pixel n of a row in bit n % 64 of word n // 64.

cdef tuple pack_words_of(const Whole[:, ::1] rows, Py_ssize_t first, Py_ssize_t width, uint64_t[:, ::1] bits):
    cdef Py_ssize_t ny = rows.shape[0], nx = rows.shape[1]
    cdef int64_t lowest, highest
    need_image("rows", rows.shape)
    need_range("first", first, 0, nx)
    need_range("width", width, 0, nx - first)
    need_shape("bits", bits.shape, ny, (width + 63) // 64)
    cdef Array[2] arrays = [array("bits", &bits[0, 0], ny * bits.shape[1], 8),
                            array("rows", &rows[0, 0], ny * nx, sizeof(Whole))]
    need_apart(arrays, 1, 2)
    with nogil:
        loops.pack_words(&rows[0, 0], sizeof(Whole), ny, nx, first, width, &bits[0, 0], &lowest, &highest)
    need(lowest >= 0, "rows: a value below 0")
    return lowest, highest


def pack_words(rows not None, Py_ssize_t first, Py_ssize_t width, uint64_t[:, ::1] bits not None, /):
    """Bits of the pixels that are not 0, of `width` columns of a mask from `first` on; gives their range, or (0, 0)."""
    size = memoryview(rows).itemsize
    if size == 1:
        return pack_words_of[uint8_t](rows, first, width, bits)
    if size == 2:
        return pack_words_of[int16_t](rows, first, width, bits)
    return pack_words_of[int32_t](rows, first, width, bits)


cdef int sample_cells_of(const double[:, ::1] x, const double[:, ::1] y, const double[:, ::1] bounds, Py_ssize_t step,
                         const uint64_t[:, ::1] bits, const uint32_t[:, ::1] ranks, const int64_t[::1] starts,
                         const Whole[::1] values, Py_ssize_t constant, Py_ssize_t nx, Py_ssize_t first,
                         Whole[:, ::1] out, uint8_t[:, ::1] unsure) except -1:
    cdef Py_ssize_t down = bounds.shape[0], across = bounds.shape[1], rows = out.shape[0], columns = out.shape[1]
    cdef Py_ssize_t ny = bits.shape[0], words = bits.shape[1], count = values.shape[0]
    cdef bint sampled
    need_image("bounds", bounds.shape)
    need_shape("x", x.shape, down + 1, across + 1)
    need_shape("y", y.shape, down + 1, across + 1)
    need_image("bits", bits.shape)
    need_range("nx", nx, 0, MOST)
    need_shape("bits", bits.shape, ny, (nx + 63) // 64)
    if count:
        need_shape("ranks", ranks.shape, ny, words)
        need_length("starts", starts.shape[0], ny)
    need_range("constant", constant, 0, (<int64_t> 1 << bits_of(sizeof(Whole))) - 1)
    need_image("out", out.shape)
    need_shape("unsure", unsure.shape, rows, columns)
    need_range("step", step, 1, MOST)
    need_rows("out", first, rows, down * step)
    need(columns <= across * step, "bounds: cells that do not cover the columns")
    cdef Array[9] arrays = [array("out", &out[0, 0], rows * columns, sizeof(Whole)),
                            array("unsure", &unsure[0, 0], rows * columns, 1),
                            array("x", &x[0, 0], (down + 1) * (across + 1), 8),
                            array("y", &y[0, 0], (down + 1) * (across + 1), 8),
                            array("bounds", &bounds[0, 0], down * across, 8),
                            array("bits", &bits[0, 0], ny * words, 8),
                            array("ranks", &ranks[0, 0], ny * words if count else 0, 4),
                            array("starts", &starts[0], ny if count else 0, 8),
                            array("values", &values[0], count, sizeof(Whole))]
    need_apart(arrays, 2, 9)
    need(not count or loops.are_up_to(&starts[0], ny, count), "starts: beyond the values")
    with nogil:
        sampled = loops.sample_cells(&x[0, 0], &y[0, 0], &bounds[0, 0], down, across, step, &bits[0, 0], &ranks[0, 0],
                                     &starts[0], &values[0], count, sizeof(Whole), constant, ny, nx, first, rows,
                                     columns, &out[0, 0], &unsure[0, 0])
    need(sampled, "x, y: no positions, or ranks: beyond the values")
    return 0


def sample_cells(const double[:, ::1] x not None, const double[:, ::1] y not None, const double[:, ::1] bounds not None,
                 Py_ssize_t step, const uint64_t[:, ::1] bits not None, const uint32_t[:, ::1] ranks not None,
                 const int64_t[::1] starts not None, values not None, Py_ssize_t constant, Py_ssize_t nx, Py_ssize_t first,
                 out not None, uint8_t[:, ::1] unsure not None, /):
    """Give rows of a grid, from row `first` of its cells on, the nearest pixels of a mask; flag those that are not sure.

    `x` and `y`, shape (down + 1, across + 1), are the positions of the corners of cells of `step` pixels a side in the
    mask, `bounds` how well they are known in each cell, infinite where they mean nothing. `values`, of the type of
    `out`, are those of the set pixels, row by row, of which `starts` has the first of each row, and `ranks` how many
    of the row come before each word; if there are none, `constant` is the value of all. `out` is 0 before.
    """
    size = memoryview(out).itemsize
    if size == 1:
        need_format("out", out, "B")
        sample_cells_of[uint8_t](x, y, bounds, step, bits, ranks, starts, values, constant, nx, first, out, unsure)
    elif size == 2:
        sample_cells_of[int16_t](x, y, bounds, step, bits, ranks, starts, values, constant, nx, first, out, unsure)
    else:
        sample_cells_of[int32_t](x, y, bounds, step, bits, ranks, starts, values, constant, nx, first, out, unsure)
