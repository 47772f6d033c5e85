"""Where images are kept and what reads them, from settings; and how many of them wait."""

from collections.abc import Iterator
from importlib.util import find_spec

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from commerce_bootstrap.metrics import result_of
from commerce_bootstrap.opened import Closing, open_part
from commerce_bootstrap.probing import Probe
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import PREFIX, Settings
from commerce_core.images import WAITING, Media, MediaStore
from commerce_core.images.service.process import ImageProcessing
from commerce_core.plugins import MEDIA_STORES, PluginContext
from commerce_media.processor import PillowProcessor


def build_media(settings: Settings, context: PluginContext, closing: Closing) -> Media | None:
    """The store of images at its address, and what reads them; ``None`` where none is named.

    Raises:
        WrongSetting: there is none at this address, or the library that reads images is missing.
    """
    if not settings.media_url:
        return None
    store: MediaStore = open_part(MEDIA_STORES, "MEDIA_URL", settings.media_url, closing, context)
    if find_spec("PIL") is None:
        raise WrongSetting(
            f'{PREFIX}MEDIA_URL: Pillow is missing: pip install "commerce-core[images]"'
        )
    return Media(store=store, processor=PillowProcessor())


class ImagesCollector(Collector):
    """How many images wait for their bytes, or for their sizes to be made."""

    def __init__(self, processing: ImageProcessing) -> None:
        self._waiting = Probe(processing.waiting)

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "commerce_images_waiting",
            "Images that are not ready yet, by status.",
            labels=["status"],
        )
        if (counts := result_of(self._waiting)) is not None:
            for status in WAITING:
                waiting.add_metric([status], counts.get(status, 0))
        yield waiting
