"""A browser without scripts, as strict as a validator: it reads pages, finds controls by their
labels, follows links and sends forms as a real one would.
"""

import threading
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import attrs
import httpx

VOID: Final = frozenset({"meta", "link", "input", "br", "hr", "img"})
#: What a control sends that nobody sees.
_UNSEEN: Final = frozenset({"hidden"})


@attrs.define(eq=False)
class Element:
    """A tag with what stands in it."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: "list[Element | str]" = attrs.field(factory=list)

    def all(self, tag: str = "") -> "Iterator[Element]":
        """Every element below with this *tag*."""
        for child in self.children:
            if isinstance(child, Element):
                if not tag or child.tag == tag:
                    yield child
                yield from child.all(tag)

    @property
    def text(self) -> str:
        """What a person reads of it."""
        parts = (c.text if isinstance(c, Element) else c for c in self.children)
        return " ".join("".join(parts).split())

    @property
    def written(self) -> str:
        """What stands in a field of several lines; the first line break is the field's own."""
        return "".join(c for c in self.children if isinstance(c, str)).removeprefix("\n")

    def get(self, name: str, default: str = "") -> str:
        """One of its attributes."""
        return self.attributes.get(name, default)

    def within(self, tag: str) -> "Element | None":
        """The nearest *tag* around it."""
        found = self.parent
        while found is not None and found.tag != tag:
            found = found.parent
        return found


class _Strict(HTMLParser):
    """Refuses what browsers forgive."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self._open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        assert not any(name.startswith("on") or name == "style" for name in names), (tag, names)
        made = Element(tag, {name: value or "" for name, value in attrs}, self._open)
        self._open.children.append(made)
        if tag not in VOID:
            self._open = made

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, f"</{tag}> ends <{self._open.tag}>"
        assert self._open.parent is not None
        self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        self._open.children.append(data)

    def closed(self) -> Element:
        self.close()
        assert self._open is self.root, f"<{self._open.tag}> is never closed"
        return self.root


def parsed(text: str) -> Element:
    """The document in *text*, which must keep the rules that every page keeps."""
    parser = _Strict()
    parser.feed(text)
    root = parser.closed()
    ids = [e.get("id") for e in root.all() if e.get("id")]
    assert len(set(ids)) == len(ids), f"an id twice: {ids}"
    assert len(list(root.all("h1"))) == 1, "a page has one heading of the first order"
    assert [html.get("lang") for html in root.all("html")] == ["en"]
    for table in root.all("table"):
        assert list(table.all("caption")), "a table without a caption"
    for script in root.all("script"):
        assert script.get("src").startswith("/static/"), "a script in the page"
        assert not script.text
    assert not list(root.all("style")), "a style in the page"
    for control in controls(root):
        assert label_of(control, root), f"a control without a label: {control.attributes}"
    for image in root.all("img"):
        assert "alt" in image.attributes
    return root


def controls(element: Element) -> list[Element]:
    """What people fill in."""
    return [
        e
        for e in element.all()
        if e.tag in ("input", "select", "textarea") and e.get("type") not in _UNSEEN
    ]


def label_of(control: Element, root: Element) -> str:
    """What a control is called."""
    around = control.within("label")
    if around is not None:
        return around.text
    named = (e for e in root.all("label") if e.get("for") == control.get("id", "-"))
    return next((label.text for label in named), "")


@attrs.define
class Page:
    """What a browser shows."""

    url: str
    status: int
    headers: httpx.Headers
    root: Element
    source: str

    @property
    def path(self) -> str:
        """Where it is."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """What a person reads of it, but for its frame."""
        (main,) = self.root.all("main")
        return main.text

    @property
    def heading(self) -> str:
        """Its heading."""
        return next(self.root.all("h1")).text

    def link(self, text: str) -> str:
        """Where the link called *text* leads."""
        links = list(self.root.all("a"))
        found = next((a for a in links if a.text == text), None)
        assert found is not None, f"no link {text!r} among {[a.text for a in links]}"
        return urljoin(self.url, found.get("href"))


@attrs.define
class Browser:
    """Somebody at a browser, with its cookies."""

    client: httpx.Client
    cookies: dict[str, str] = attrs.field(factory=dict)

    def send(self, method: str, url: str, **more: object) -> httpx.Response:
        """One request as a browser of today sends it from a page of the shop."""
        headers: dict[str, str] = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        headers |= more.pop("headers", {})  # type: ignore[call-overload]
        headers["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        self.client.cookies.clear()
        answer = self._answered(method, url, headers, more)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def _answered(
        self, method: str, url: str, headers: Mapping[str, str], more: Mapping[str, object]
    ) -> httpx.Response:
        """The answer of a shop that is not too busy: what is refused with 503 has changed nothing,
        and is sent again, for half a minute at most.
        """
        pause = threading.Event()
        for _ in range(100):
            answer = self.client.request(method, url, headers=headers, **more)  # type: ignore[arg-type]
            if answer.status_code != 503:
                break
            pause.wait(0.3)
        return answer

    def go(self, url: str) -> Page:
        """Open an address, and follow where it leads."""
        return self._shown(self.send("GET", url))

    def follow(self, page: Page, text: str) -> Page:
        """Click the link called *text*."""
        return self.go(page.link(text))

    def press(self, page: Page, button: str, filled: Mapping[str, str] | None = None) -> Page:
        """Fill in fields by their labels, and press the button called so."""
        url, fields = filled_in(page, button, filled or {})
        return self.submit(url, fields)

    def attach(self, page: Page, button: str, name: str, content: bytes) -> Page:
        """Choose a file called *name* with this *content*, and press the button called so."""
        url, fields = filled_in(page, button, {})
        file = next(e for e in page.root.all("input") if e.get("type") == "file")
        parts = {file.get("name"): (name, content)}
        return self._shown(self.send("POST", url, data=fields, files=parts))

    def submit(self, url: str, fields: Mapping[str, str]) -> Page:
        """Send a form."""
        return self._shown(self.post(url, fields))

    def post(self, url: str, fields: Mapping[str, str], **more: object) -> httpx.Response:
        """Send a form, and go nowhere."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        kind |= more.pop("headers", {})  # type: ignore[call-overload]
        return self.send("POST", url, content=urlencode(fields).encode(), headers=kind, **more)

    def _shown(self, answer: httpx.Response) -> Page:
        for _ in range(5):
            if answer.status_code != 303:
                break
            answer = self.send("GET", urljoin(str(answer.url), answer.headers["location"]))
        root = parsed(answer.text)
        return Page(str(answer.url), answer.status_code, answer.headers, root, answer.text)


def filled_in(page: Page, button: str, filled: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where the form with this *button* goes, and what it sends."""
    buttons = [b for b in page.root.all("button") if b.text == button]
    assert buttons, f"no button {button!r} among {[b.text for b in page.root.all('button')]}"
    form = buttons[0].within("form")
    assert form is not None
    left, fields = dict(filled), dict[str, str]()
    for control in (e for e in form.all() if e.tag in ("input", "select", "textarea")):
        name, label = control.get("name"), label_of(control, page.root)
        given = next((left.pop(key) for key in [*left] if label.startswith(key)), None)
        if control.get("type") in ("radio", "checkbox"):
            if given is not None or (name not in fields and "checked" in control.attributes):
                fields[name] = control.get("value")
        elif control.tag == "select":
            options = list(control.all("option"))
            shown = next((o for o in options if "selected" in o.attributes), options[0])
            chosen = next((o for o in options if o.text == given), shown)
            assert given in (None, chosen.text), f"{label} has no {given!r}"
            fields[name] = chosen.get("value")
        elif control.tag == "textarea":
            fields[name] = control.written if given is None else given
        elif control.get("type") != "file":
            fields[name] = control.get("value") if given is None else given
    assert not left, f"no field is called {sorted(left)}"
    if buttons[0].get("name"):
        fields[buttons[0].get("name")] = buttons[0].get("value")
    action = buttons[0].get("formaction") or form.get("action") or page.url
    return urljoin(page.url, action), fields
