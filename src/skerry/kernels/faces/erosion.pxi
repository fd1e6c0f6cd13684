# Erosion and dilation on runs (../loops/erosion.c).

ctypedef fused Whole:
    uint8_t
    int16_t
    int32_t


cdef inline int bits_of(size_t item) noexcept:
    # Bits of the values of a mask, which are not below 0; only those of a byte have no sign.
    return 8 if item == 1 else 8 * <int> item - 1


def erode_bits(const uint8_t[:, ::1] bits not None, Py_ssize_t nx, const int32_t[:, ::1] chords not None,
               Py_ssize_t first, uint8_t[:, ::1] out not None, /):
    """Set in `out`, rows of bits from row `first` on, the pixels at which all chords lie on set pixels.

    A row of `bits` has the first pixel of eight in the highest bit. `chords`, shape (n, 3), are the row and the first
    column of parts of a shape, counted from its origin, and their lengths.
    """
    cdef Py_ssize_t ny = bits.shape[0], n = chords.shape[0], rows = out.shape[0]
    cdef bint done
    need_image("bits", bits.shape)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need_shape("chords", chords.shape, n, 3)
    need_shape("out", out.shape, rows, bits.shape[1])
    need_rows("out", first, rows, ny)
    cdef Array[3] arrays = [array("out", &out[0, 0], rows * bits.shape[1], 1),
                            array("bits", &bits[0, 0], ny * bits.shape[1], 1),
                            array("chords", &chords[0, 0], 3 * n, 4)]
    need_apart(arrays, 1, 3)
    need(n > 0 and loops.are_chords(&chords[0, 0], n), "chords: none, or one without pixels or out of range")
    with nogil:
        done = loops.erode_bits(&bits[0, 0], ny, nx, &chords[0, 0], n, first, first + rows, &out[0, 0])
    need_memory(done)


def dilate_bits(const uint8_t[:, ::1] bits not None, Py_ssize_t nx, const int32_t[:, ::1] chords not None,
                Py_ssize_t first, uint8_t[:, ::1] out not None, /):
    """Set in `out`, rows of bits from row `first` on, the pixels of all chords round each set pixel.

    Bits and chords are as for `erode_bits`.
    """
    cdef Py_ssize_t ny = bits.shape[0], n = chords.shape[0], rows = out.shape[0]
    need_image("bits", bits.shape)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need_shape("chords", chords.shape, n, 3)
    need_shape("out", out.shape, rows, bits.shape[1])
    need_rows("out", first, rows, ny)
    cdef Array[3] arrays = [array("out", &out[0, 0], rows * bits.shape[1], 1),
                            array("bits", &bits[0, 0], ny * bits.shape[1], 1),
                            array("chords", &chords[0, 0], 3 * n, 4)]
    need_apart(arrays, 1, 3)
    need(loops.are_chords(&chords[0, 0], n), "chords: one without pixels or out of range")
    with nogil:
        loops.dilate_bits(&bits[0, 0], ny, nx, &chords[0, 0], n, first, first + rows, &out[0, 0])


cdef int set_bit_of(const uint8_t[:, ::1] bits, Py_ssize_t bit, Whole[:, ::1] out) except -1:
    cdef Py_ssize_t ny = out.shape[0], nx = out.shape[1]
    need_image("out", out.shape)
    need_length("bits", bits.shape[0], ny)
    need_bits("bits", bits.shape, &bits[0, 0], nx)
    need_range("bit", bit, 0, bits_of(sizeof(Whole)) - 1)
    cdef Array[2] arrays = [array("out", &out[0, 0], ny * nx, sizeof(Whole)),
                            array("bits", &bits[0, 0], ny * bits.shape[1], 1)]
    need_apart(arrays, 1, 2)
    with nogil:
        if Whole is uint8_t:
            loops.set_bit_8(&bits[0, 0], ny, nx, <int> bit, &out[0, 0])
        elif Whole is int16_t:
            loops.set_bit_16(&bits[0, 0], ny, nx, <int> bit, <uint16_t *> &out[0, 0])
        else:
            loops.set_bit_32(&bits[0, 0], ny, nx, <int> bit, <uint32_t *> &out[0, 0])
    return 0


def set_bit(const uint8_t[:, ::1] bits not None, Py_ssize_t bit, out not None, /):
    """Set a bit of whole numbers, uint8, int16 or int32 of shape (ny, nx), where rows of bits are set."""
    size = memoryview(out).itemsize
    if size == 1:
        need_format("out", out, "B")
        set_bit_of[uint8_t](bits, bit, out)
    elif size == 2:
        set_bit_of[int16_t](bits, bit, out)
    else:
        set_bit_of[int32_t](bits, bit, out)
