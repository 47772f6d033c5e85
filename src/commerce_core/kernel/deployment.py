"""Which parts answer within the process: each says so itself."""


def answer_at_once(*parts: object) -> bool:
    """Whether no call of any of *parts* waits for anybody outside the process.

    A part says so by an attribute ``answers_at_once`` that is true; one that says nothing may keep
    its caller waiting.
    """
    return all(getattr(part, "answers_at_once", False) is True for part in parts)
