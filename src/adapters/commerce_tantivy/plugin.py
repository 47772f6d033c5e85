"""tantivy by address: ``tantivy:///folder?synonyms=file``."""

from pathlib import Path

from commerce_core.plugins import PluginContext, file_path, options
from commerce_tantivy.index import TantivyIndex


def open_index(url: str, context: PluginContext) -> TantivyIndex:
    """The index in the folder that *url* names; synonyms are read from ``synonyms.txt`` beside it
    unless another file is named.
    """
    folder = file_path(url, "var/search")
    named = options(url).get("synonyms")
    synonyms = Path(named) if named else folder.parent / "synonyms.txt"
    return TantivyIndex(folder, currency=context.currency, clock=context.clock, synonyms=synonyms)
