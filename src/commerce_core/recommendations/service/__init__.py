"""Learning from orders, recommending, and judging how well that is done."""

from commerce_core.recommendations.service.build import ModelBuilder
from commerce_core.recommendations.service.learn import Learner
from commerce_core.recommendations.service.recommend import Audience, Recommendations

__all__ = ["Audience", "Learner", "ModelBuilder", "Recommendations"]
