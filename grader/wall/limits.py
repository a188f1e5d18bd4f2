"""The limits of a submission, as challenge.toml states them."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a submission may use, enforced from outside."""

    seconds_per_call: float = 10.0
    seconds: float = 300.0
    memory_mib: int = 1024
    processes: int = 64
    output_mib: int = 8
    disk_mib: int = 512

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            if getattr(self, field) <= 0:
                raise ValueError(f"`{field}` must be positive")
