"""Irregular English plurals."""

from typing import Final

_PAIRS: Final = """
knife knives, wife wives, life lives, half halves, calf calves, elf elves, self selves,
shelf shelves, bookshelf bookshelves, leaf leaves,
loaf loaves, scarf scarves, thief thieves, wolf wolves, hoof hooves, wharf wharves, sheaf sheaves,
dwarf dwarves, beef beeves,
penknife penknives, housewife housewives, midwife midwives, werewolf werewolves,
mouse mice, louse lice, dormouse dormice, goose geese, foot feet, tooth teeth, eyetooth eyeteeth,
man men, woman women, child children, ox oxen, person people, brother brethren, die dice,
penny pence,
postman postmen, fisherman fishermen, snowman snowmen, craftsman craftsmen, sportsman sportsmen,
grandchild grandchildren,
index indices, appendix appendices, matrix matrices, vertex vertices, vortex vortices, axis axes,
basis bases, crisis crises,
analysis analyses, hypothesis hypotheses, oasis oases, thesis theses, diagnosis diagnoses,
parenthesis parentheses, ellipsis ellipses,
criterion criteria, phenomenon phenomena, bacterium bacteria, curriculum curricula, medium media,
datum data, stratum strata,
memorandum memoranda, addendum addenda, aquarium aquaria, spectrum spectra, millennium millennia,
cactus cacti, fungus fungi, focus foci, radius radii, stimulus stimuli, nucleus nuclei,
alumnus alumni, syllabus syllabi, octopus octopi,
larva larvae, alga algae, antenna antennae, formula formulae, vertebra vertebrae, nebula nebulae,
gateau gateaux, plateau plateaux, bureau bureaux, tableau tableaux, chateau chateaux, quiz quizzes,
genus genera, corpus corpora,
bus buses, gas gases, lens lenses
"""
_OTHERS: Final[dict[str, str]] = {}
for _pair in _PAIRS.replace("\n", " ").split(","):
    _one, _many = _pair.split()
    _OTHERS.setdefault(_many, _one)
    _OTHERS.setdefault(_one, _many)


def other_number(surface: str) -> str | None:
    """``knife`` for ``knives``, ``mice`` for ``mouse``; ``None`` for regular plurals."""
    return _OTHERS.get(surface)
