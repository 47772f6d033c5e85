"""What search engines' adapters share: a buyer's words and an item's texts, read without an engine,
and answers put together.

Whatever depends on how an engine splits text comes in as its
:class:`~commerce_searchtext.words.Analysis`.
"""
