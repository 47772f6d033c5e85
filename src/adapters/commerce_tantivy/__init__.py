"""tantivy behind the search port: an engine inside the process, its index in a folder.

One process writes (it holds a lock on the folder); readers in other processes follow by themselves.
"""

from commerce_tantivy.index import TantivyIndex

__all__ = ["TantivyIndex"]
