"""The library's status codes as exceptions."""

_ARGUMENT, _CLOUD, _IO, _MEMORY = 1, 2, 3, 10  # QUIETCLOUD_E_* of quietcloud.h
_BUILTIN = {_ARGUMENT: ValueError, _CLOUD: ValueError, _IO: OSError, _MEMORY: MemoryError}


class Error(RuntimeError):
    """The library could not do what was asked: a broken model, no ONNX Runtime, no such device, a network that failed.

    What is wrong with an argument is a ``ValueError`` or ``TypeError`` instead.

    ``code`` is the QUIETCLOUD_E_* number of quietcloud.h.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type["Error"], tuple[str, int]]:
        return type(self), (str(self), self.code)


def exception(code: int, message: str) -> Exception:
    """The exception for a status other than QUIETCLOUD_OK."""
    kind = _BUILTIN.get(code)
    return kind(message) if kind else Error(message, code)
