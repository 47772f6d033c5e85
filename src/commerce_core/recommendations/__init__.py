"""What is recommended to whom: learnt from what people bought."""

from commerce_core.recommendations.model import (
    LONGEST_BASKET,
    MOST_BOUGHT,
    MOST_NEIGHBOURS,
    Basket,
    Candidate,
    Learning,
    LearntItem,
    Model,
    ModelStatus,
    Neighbour,
    Purchase,
    ReasonKind,
    Recommendation,
)
from commerce_core.recommendations.ports import (
    CoPurchases,
    PurchaseHistory,
    RecommendationModels,
    RecommendationParts,
    StartCounting,
)

__all__ = [
    "LONGEST_BASKET",
    "MOST_BOUGHT",
    "MOST_NEIGHBOURS",
    "Basket",
    "Candidate",
    "CoPurchases",
    "Learning",
    "LearntItem",
    "Model",
    "ModelStatus",
    "Neighbour",
    "Purchase",
    "PurchaseHistory",
    "ReasonKind",
    "Recommendation",
    "RecommendationModels",
    "RecommendationParts",
    "StartCounting",
]
