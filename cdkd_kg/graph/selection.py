"""Which entities the graph teacher sees, and how strongly they tie documents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import GraphConfig
from cdkd_kg.graph.edges import SYMMETRIC, Edges, Ints
from cdkd_kg.graph.namespaces import DCTERMS, RDFS, SKOS

_FOLLOWED = frozenset({DCTERMS.subject.value, SKOS.broader.value, RDFS.subClassOf.value}) | SYMMETRIC


def linking(frequency: Ints, documents: int, config: GraphConfig) -> NDArray[np.bool_]:
    """Say which entities link documents: mentioned in enough of them, and not in too large a share.

    Args:
        frequency: in how many documents each entity is mentioned.
        documents: how many documents there are.
        config: the bounds.
    """
    return (frequency >= config.min_documents) & (frequency <= config.max_document_share * documents)


def neighbourhood(start: NDArray[np.bool_], knowledge: Edges, hops: int) -> NDArray[np.bool_]:
    """Return ``start`` and what background knowledge leads to from there in at most ``hops`` steps.

    A step goes up a hierarchy, to a field (``dcterms:subject``) or across a symmetric relation, not down: what is
    above an entity ties it to its kin, while children that no document mentions would only dilute what their parent
    hears from the others.
    """
    both = np.array([name in SYMMETRIC for name in knowledge.kinds], dtype=bool)[knowledge.kind]
    followed = np.array([name in _FOLLOWED for name in knowledge.kinds], dtype=bool)[knowledge.kind]
    source = np.concatenate([knowledge.source[followed], knowledge.target[both]])
    target = np.concatenate([knowledge.target[followed], knowledge.source[both]])
    reached = start.copy()
    for _ in range(hops):
        reached[target[reached[source]]] = True
    return reached


def tf_idf(
    document: Ints, entity: Ints, confidence: NDArray[np.float64], documents: int
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    r"""Return one weighted edge a pair of document and entity, sorted by document and entity.

    .. math:: w_{de} = \bar c_{de} \frac{x_{de}}{\lVert x_d \rVert_2}, \qquad
        x_{de} = (1 + \ln n_{de}) \left(1 + \ln \frac{1 + D}{1 + D_e}\right)

    with :math:`n_{de}` mentions of entity e in document d, of mean confidence :math:`\bar c_{de}` in [0, 1], and D
    documents, :math:`D_e` of them with e. So a weight is at most 1.

    Args:
        document: ``[M]``, the document of each mention.
        entity: ``[M]``, its entity.
        confidence: ``[M]``.
        documents: how many documents there are.
    """
    size = int(entity.max(initial=0)) + 1
    pairs, inverse, count = np.unique(document * size + entity, return_inverse=True, return_counts=True)
    rows, columns = np.divmod(pairs, size)
    mean = np.bincount(inverse, weights=np.clip(confidence, 0, 1), minlength=len(pairs)) / count
    frequency = np.bincount(columns)
    value = (1 + np.log(count)) * (1 + np.log((1 + documents) / (1 + frequency[columns])))
    norm = np.sqrt(np.bincount(rows, weights=value**2))
    return rows, columns, mean * value / norm[rows]
