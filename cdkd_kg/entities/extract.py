"""Documents to tables of mentions and relations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.aliases import AliasTable
from cdkd_kg.entities.mentions import SPANS
from cdkd_kg.entities.pipeline import load_pipeline
from cdkd_kg.entities.relations import find_relations
from cdkd_kg.errors import ArtifactError
from cdkd_kg.progress import track

CANDIDATE = pa.struct(
    [("iri", pa.string()), ("label", pa.string()), ("kind", pa.string()), ("score", pa.float32())]
)
MENTIONS = pa.schema(
    [
        ("document", pa.string()),
        ("begin", pa.int32()),
        ("end", pa.int32()),
        ("anchor", pa.string()),
        ("concept", pa.string()),
        ("type", pa.string()),
        ("sentence", pa.int32()),
        ("candidates", pa.list_(CANDIDATE)),
        ("iri", pa.string()),
        ("nil", pa.string()),
        ("confidence", pa.float32()),
    ]
)
RELATIONS = pa.schema(
    [
        ("document", pa.string()),
        ("subject_begin", pa.int32()),
        ("object_begin", pa.int32()),
        ("predicate", pa.string()),
        ("pattern", pa.string()),
        ("sentence", pa.int32()),
        ("confidence", pa.float32()),
    ]
)
