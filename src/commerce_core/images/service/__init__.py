"""Use cases of images."""

from commerce_core.images.service.audit import ImageAudit
from commerce_core.images.service.listing import ImageListing
from commerce_core.images.service.personal_data import ImageData
from commerce_core.images.service.process import ImageProcessing
from commerce_core.images.service.upload import Images

__all__ = ["ImageAudit", "ImageData", "ImageListing", "ImageProcessing", "Images"]
