# What the faces check.

cdef enum:
    # Pixels of a row, and rows: loops count columns in 32 bits.
    MOST = 1 << 30


cdef struct Array:
    # Where the items of an array lie.
    const char *name
    uintptr_t start
    uintptr_t stop
    size_t item


cdef inline Array array(const char *name, const void *start, Py_ssize_t count, size_t item) noexcept nogil:
    cdef uintptr_t first = <uintptr_t> start
    return Array(name, first, first + <size_t> count * item, item)


cdef int need(bint fits, const char *told) except -1:
    if not fits:
        raise ValueError(told.decode())
    return 0


cdef int need_memory(bint there) except -1:
    if not there:
        raise MemoryError()
    return 0


cdef int need_range(const char *name, Py_ssize_t value, Py_ssize_t least, Py_ssize_t most) except -1:
    if not least <= value <= most:
        raise ValueError(f"{name.decode()}: {value}, not from {least} to {most}")
    return 0


cdef int need_length(const char *name, Py_ssize_t length, Py_ssize_t needed) except -1:
    if length != needed:
        raise ValueError(f"{name.decode()}: {length} items, not {needed}")
    return 0


cdef int need_shape(const char *name, const Py_ssize_t *shape, Py_ssize_t ny, Py_ssize_t nx) except -1:
    if shape[0] != ny or shape[1] != nx:
        raise ValueError(f"{name.decode()}: shape {(shape[0], shape[1])}, not {(ny, nx)}")
    return 0


cdef int need_image(const char *name, const Py_ssize_t *shape) except -1:
    # Rows and columns that 32 bits can count.
    if shape[0] > MOST or shape[1] > MOST:
        raise ValueError(f"{name.decode()}: shape {(shape[0], shape[1])}, above {MOST}")
    return 0


cdef int need_rows(const char *name, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t ny) except -1:
    # Rows that are there.
    if not 0 <= first <= ny - rows:
        raise ValueError(f"{name.decode()}: rows from {first}, {rows} of them, of {ny}")
    return 0


cdef int need_apart(Array *arrays, int outputs, int count) except -1:
    # Items at addresses for them, and the first arrays, those that are written to, apart from all others.
    cdef Array one, other
    cdef int i, k
    for i in range(count):
        one = arrays[i]
        if one.start % one.item:
            raise ValueError(f"{one.name.decode()}: not aligned")
        for k in range(i):
            other = arrays[k]
            if k < outputs and one.start < other.stop and other.start < one.stop:
                raise ValueError(f"{other.name.decode()}: shares memory with {one.name.decode()}")
    return 0


cdef int need_format(const char *name, object values, str letter) except -1:
    # Where the declared type would let bool pass for uint8, though other values are written.
    if memoryview(values).format != letter:
        raise ValueError(f"{name.decode()}: items of format {memoryview(values).format}, not {letter}")
    return 0


cdef int need_bits(const char *name, const Py_ssize_t *shape, const uint8_t *bits, Py_ssize_t nx) except -1:
    # Rows of bits for nx pixels, the first pixel of eight in the highest, and none set beyond the last column.
    need_range("nx", nx, 0, MOST)
    need_shape(name, shape, shape[0], (nx + 7) // 8)
    if not loops.are_clear_beyond(bits, shape[0], nx):
        raise ValueError(f"{name.decode()}: set beyond the last of {nx} columns")
    return 0
