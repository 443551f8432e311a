"""The classes of braid-nano, in the order of its outputs."""

# name and COCO category id; the order is that of ascending ids.
CLASSES: tuple[tuple[str, int], ...] = (
    ("person", 1),
    ("bicycle", 2),
    ("car", 3),
    ("motorcycle", 4),
    ("bus", 6),
    ("truck", 8),
)

NAMES: tuple[str, ...] = tuple(name for name, _ in CLASSES)
INDEX: dict[int, int] = {category: i for i, (_, category) in enumerate(CLASSES)}

# Rows of a detector trained on all of COCO that mean the same classes: COCO's
# 80 category ids are not dense, and its detectors number them from 0 on.
COCO80: tuple[int, ...] = (0, 1, 2, 3, 5, 7)
