"""A site's folder → a Ruleset: every file read, checked against its shape and kept with its places.

Everything is sorted by name, except pages, jurisdictions, ladders and arms, which keep the order of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from compiler.diagnostics import Diagnostics, Place, nearest
from compiler.source import Node, Text, read, read_text
from compiler.tables import Items, ListFile, LookupFile, read_items, read_list, read_lookup

if TYPE_CHECKING:
    from compiler import shapes

Spec = TypeVar("Spec")
Path_ = tuple[str | int, ...]

FOLDERS = {"slots": "Slot", "experiments": "Experiment", "campaigns": "Campaign", "models": "Model", "content": "Content", "scenarios": "Scenarios"}
_FILES = ("site.yaml", "segments.yaml", "metrics.yaml")
_FREE_FOLDERS = ("profiles",)
_DOCUMENTS = (".md", ".txt")
_REFUSED = "models/rejected"  # what `tessera train` would not let into a bundle


@dataclass(frozen=True, slots=True)
class Entry(Generic[Spec]):
    """A named part of the rule set: its shape (`spec`), and where it stands.

    `path` leads to it in its file: () for a file of its own, else the key, as in segments.yaml.
    """

    name: str
    spec: Spec
    node: Node
    path: Path_ = ()

    def place(self, *path: str | int, key: bool = False) -> Place:
        """The place of the value (or of the key) at a path below the entry; of the nearest ancestor if there is none."""
        return self.node.place(*self.path, *path, key=key)

    def text_place(self, path: Path_, offset: int, length: int = 1) -> Place:
        """The place of `length` characters at an offset inside a text, for errors in conditions and copy."""
        return self.node.text_place((*self.path, *path), offset, length)


@dataclass(frozen=True, slots=True)
class ContentEntry(Entry["shapes.Content"]):
    """A component: its copy, and its markup from the .html file of the same name."""

    markup: str = ""
    markup_text: Text | None = None

    def markup_place(self, offset: int, length: int = 1) -> Place:
        """The place of `length` characters at an offset in the markup."""
        return self.markup_text.place(offset, offset + length) if self.markup_text else self.place()


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A site as written: nothing is resolved yet, but every file has its shape."""

    folder: Path
    site: Entry[shapes.Site]
    segments: Mapping[str, Entry[shapes.Segment]]
    metrics: Mapping[str, Entry[shapes.Metric]]
    slots: Mapping[str, Entry[shapes.Slot]]
    experiments: Mapping[str, Entry[shapes.Experiment]]
    campaigns: Mapping[str, Entry[shapes.Campaign]]
    models: Mapping[str, Entry[shapes.Model]]
    propensities: Mapping[str, Entry[shapes.Model]]
    contents: Mapping[str, ContentEntry]
    scenarios: Mapping[str, Entry[shapes.Scenarios]]
    lists: Mapping[str, ListFile]
    items: Items | None
    lookups: Mapping[str, LookupFile]


def load(site_dir: Path, diagnostics: Diagnostics, shown: str | None = None) -> Ruleset | None:
    """Read a site.

    Args:
        site_dir: the folder with site.yaml.
        shown: the folder's name in messages; as given unless said otherwise.
    Returns:
        None when any file has an error; all errors of all files are then in `diagnostics`.
    """
    loader = _Loader(site_dir, shown if shown is not None else site_dir.as_posix(), diagnostics)
    return loader.load()


class _Loader:
    def __init__(self, folder: Path, shown: str, diagnostics: Diagnostics) -> None:
        self.folder = folder
        self.prefix = shown.rstrip("/") + "/" if shown not in ("", ".") else ""
        self.diagnostics = diagnostics
        self.expected: set[str] = set()

    def load(self) -> Ruleset | None:
        from compiler import shapes

        if not (self.folder / "site.yaml").is_file():
            self._missing_site()
            return None
        site = self._file("site.yaml", "site", shapes.Site)
        segments = self._entries("segments.yaml", shapes.Segment)
        metrics = self._entries("metrics.yaml", shapes.Metric)
        folders = {kind: dict(self._folder(kind, getattr(shapes, shape))) for kind, shape in FOLDERS.items()}
        contents = dict(self._contents(folders["content"], _bare(folders["slots"])))
        lists = dict(self._lists())
        self._assets(site)
        items, lookups = self._items(site), dict(self._lookups(site))
        self._model_files(folders["models"])
        if site is not None:  # which says what else is read
            self._unknown_files(site)
        if self.diagnostics.failed or site is None:
            return None
        models, propensities = _kinds_of(folders["models"])
        return Ruleset(
            self.folder, site, segments, metrics, folders["slots"], folders["experiments"], folders["campaigns"], models,
            propensities, contents, folders["scenarios"], lists, items, lookups,
        )  # fmt: skip

    # --- YAML

    def _file(self, relative: str, name: str, shape: type[Any]) -> Entry[Any] | None:
        self.expected.add(relative)
        node = read(self.folder / relative, self._shown(relative), self.diagnostics)
        if node is None:
            return None
        spec = self._shaped(node.plain, shape, node.place)
        return None if spec is None else Entry(name, spec, node)

    def _entries(self, relative: str, shape: type[Any]) -> dict[str, Entry[Any]]:
        """The entries of a file that maps names to them; none where the file does not exist."""
        from compiler.values import spoken_name

        self.expected.add(relative)
        if not (self.folder / relative).exists():
            return {}
        node = read(self.folder / relative, self._shown(relative), self.diagnostics)
        found: dict[str, Entry[Any]] = {}
        for name in sorted(node.plain) if node is not None else ():
            self._named(name, spoken_name, node.place(name, key=True))
            spec = self._shaped(node.plain[name], shape, lambda *path, key=False, at=name: node.place(at, *path, key=key))
            if spec is not None:
                found[name] = Entry(name, spec, node, (name,))
        return found

    def _folder(self, kind: str, shape: type[Any]) -> Iterator[tuple[str, Entry[Any]]]:
        from compiler.values import name as valid

        for relative in self._names(kind, ".yaml"):
            name = Path(relative).stem
            self._named(name, valid, Place(self._shown(relative), 1, 1))
            entry = self._file(relative, name, shape)
            if entry is not None:
                yield name, entry

    def _shaped(self, plain: Any, shape: type[Any], place: Callable[..., Place]) -> Any:
        from pydantic import ValidationError

        from compiler.shape_problems import explain

        try:
            return shape.model_validate(plain)
        except ValidationError as error:
            explain(error, shape, place, self.diagnostics)
            return None

    def _named(self, name: str, check: Callable[[str], str], place: Place) -> None:
        from pydantic_core import PydanticCustomError

        try:
            check(name)
        except PydanticCustomError as error:
            context = error.context or {}
            self.diagnostics.error(context["code"], place, context["message"], context["fix"])

    # --- other files

    def _contents(self, copies: Mapping[str, Entry[Any]], bare: set[str]) -> Iterator[tuple[str, ContentEntry]]:
        """The components; those that are `bare` need no markup."""
        for relative in self._names("content", ".html"):
            if not (self.folder / relative).with_suffix(".yaml").exists():
                beside = Path(relative).with_suffix(".yaml").name
                self.diagnostics.error("E001", Place(self._shown(relative), 1, 1), f"the markup has no copy: content/{beside} is missing", f"add content/{beside} with `fields` and `variants`")
        for name, entry in copies.items():
            relative = f"content/{name}.html"
            self.expected.add(relative)
            if name in bare and not (self.folder / relative).exists():
                yield name, ContentEntry(name, entry.spec, entry.node)
                continue
            if not (self.folder / relative).is_file():
                self.diagnostics.error("E001", entry.place(), f"the component '{name}' has no markup: {relative} is missing", "add it beside the copy")
                continue
            markup = read_text(self.folder / relative, self._shown(relative), self.diagnostics)
            if markup is not None:
                yield name, ContentEntry(name, entry.spec, entry.node, (), markup, Text(self._shown(relative), markup))

    def _lists(self) -> Iterator[tuple[str, ListFile]]:
        from compiler.values import spoken_name

        for relative in self._names("lists", ".csv"):
            name = Path(relative).stem
            self.expected.add(relative)
            self._named(name, spoken_name, Place(self._shown(relative), 1, 1))
            found = read_list(name, self.folder / relative, self._shown(relative), self.diagnostics)
            if found is not None:
                yield name, found

    def _assets(self, site: Entry[shapes.Site] | None) -> None:
        """The folder of static pages may lie elsewhere, but its name may not be a misspelt one of a folder that is here."""
        if site is None or "dir" not in site.spec.assets.model_fields_set or (self.folder / site.spec.assets.dir).is_dir():
            return
        near = nearest(site.spec.assets.dir, [path.name for path in self.folder.iterdir() if path.is_dir() and path.name not in FOLDERS])
        if near is not None:
            self.expected.add(near)
            self.diagnostics.error("E014", site.place("assets", "dir"), f"the folder '{site.spec.assets.dir}' does not exist", f"did you mean '{near}'?")

    def _items(self, site: Entry[shapes.Site] | None) -> Items | None:
        declared = site.spec.items if site else None
        if site is None or declared is None or not self._named_file(declared.file, site, ("items", "file")):
            return None
        return read_items(self.folder / declared.file, self._shown(declared.file), declared.id, item_columns(declared.fields), self.diagnostics)

    def _lookups(self, site: Entry[shapes.Site] | None) -> Iterator[tuple[str, LookupFile]]:
        for name, declared in sorted(site.spec.lookups.items()) if site else ():
            if self._named_file(declared.file, site, ("lookups", name, "file")):
                found = read_lookup(name, declared.key, self.folder / declared.file, self._shown(declared.file), self.diagnostics)
                if found is not None:
                    yield name, found

    def _model_files(self, models: Mapping[str, Entry[Any]]) -> None:
        for entry in models.values():
            if entry.spec.propensity is not None:
                self._named_file(entry.spec.propensity.file, entry, ("propensity", "file"))
                self.expected.add(str(Path(entry.spec.propensity.file).with_suffix(".card.json")))
            for kind, key in (("vectors", "file"), ("vectors", "ids"), ("lists", "file"), ("score", "file")):
                file = getattr(getattr(entry.spec, kind), key, None)
                if file is not None and self._named_file(file, entry, (kind, key)) and key == "file":
                    self.expected.add(Path(file).with_suffix(".card.json").as_posix())

    def _named_file(self, relative: str, entry: Entry[Any], path: Path_) -> bool:
        """Whether a file that another one names exists within the site's folder; reported otherwise."""
        self.expected.add(relative)
        target = self.folder / relative
        if not target.is_file():
            near = nearest(relative, (file.relative_to(self.folder).as_posix() for file in self._all_files()))
            self.expected.add(near or relative)
            self.diagnostics.error("E014", entry.place(*path), f"the file '{relative}' does not exist", f"did you mean '{near}'?" if near else "add it, or correct the name")
            return False
        if not target.resolve().is_relative_to(self.folder.resolve()):
            self.diagnostics.error("E014", entry.place(*path), f"{relative} leads out of the site's folder", "copy the file into the site's folder")
            return False
        return True

    # --- the folder

    def _missing_site(self) -> None:
        place = Place(self._shown("site.yaml"), 1, 1)
        if not self.folder.is_dir():
            self.diagnostics.error("E001", place, f"there is no folder {self.folder.as_posix()}", "name the folder of a site, like rulesets/store")
        else:
            fix = "rename site.yml to site.yaml" if (self.folder / "site.yml").is_file() else "a site begins with site.yaml: `tessera: 1`, `hosts: […]`, `pages: {…}`"
            self.diagnostics.error("E001", place, "the folder has no site.yaml", fix)

    def _shown(self, relative: str) -> str:
        return self.prefix + relative

    def _names(self, folder: str, suffix: str) -> list[str]:
        """The files of a folder with a suffix, sorted, from the site's folder; hidden ones left out."""
        if not (self.folder / folder).is_dir():
            return []
        files = (path for path in (self.folder / folder).iterdir() if path.suffix == suffix and path.is_file() and not path.name.startswith("."))
        return sorted(f"{folder}/{path.name}" for path in files)

    def _all_files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def _unknown_files(self, site: Entry[shapes.Site]) -> None:
        """Warn of what nothing reads: a misspelt folder or suffix would otherwise silently do nothing."""
        free = {*_FREE_FOLDERS, site.spec.assets.dir.split("/")[0]}
        folders = {*FOLDERS, "lists", *(relative.split("/")[0] for relative in self.expected if "/" in relative)}
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith((".", "_")) or path.name in free or path.is_dir() and path.name in self.expected:
                continue
            if path.is_dir() and path.name not in folders:
                self._unread(path.name + "/", _folder_fix(path.name))
            elif path.is_dir():
                self._unknown_within(path)
            elif path.name not in self.expected and path.suffix not in _DOCUMENTS:
                self._unread(path.name, _file_fix(path.name))

    def _unknown_within(self, folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            relative = f"{folder.name}/{path.name}"
            below = relative + "/"
            if path.name.startswith(".") or relative in self.expected or relative == _REFUSED or path.suffix in _DOCUMENTS or any(name.startswith(below) for name in self.expected):
                continue
            if folder.name in FOLDERS and path.suffix == ".yaml" or relative.startswith("content/") and path.suffix == ".html":
                continue  # read, or reported already
            self._unread(relative, _suffix_fix(folder.name, path))

    def _unread(self, relative: str, fix: str) -> None:
        self.diagnostics.warning("W001", Place(self._shown(relative), 1, 1), "nothing reads this", fix)


def item_columns(fields: Mapping[str, Any]) -> dict[str, str]:
    """Column of the catalogue → type: those of the fields, and those that take their place in a market."""
    found = {name: field.type for name, field in fields.items()}
    for field in fields.values():
        for column in field.in_.values():
            found.setdefault(column, field.type)
    return found


def _kinds_of(models: Mapping[str, Entry[Any]]) -> tuple[dict[str, Entry[Any]], dict[str, Entry[Any]]]:
    """The models that rank, and those that make attributes."""
    made = {name: entry for name, entry in models.items() if entry.spec.propensity is not None}
    return {name: entry for name, entry in models.items() if name not in made}, made


def _bare(slots: Mapping[str, Entry[Any]]) -> set[str]:
    """The components whose slots all take single fields of them."""
    shown = [slot.spec for slot in slots.values() if slot.spec.component is not None]
    return {spec.component for spec in shown if spec.place.field is not None} - {spec.component for spec in shown if spec.place.field is None}


def _folder_fix(name: str) -> str:
    near = nearest(name, (*FOLDERS, "lists", "profiles", "public"))
    return f"did you mean the folder '{near}'?" if near else "move it out of the site's folder"


def _suffix_fix(folder: str, path: Path) -> str:
    wanted = ".csv" if folder == "lists" else ".yaml"
    if (folder in FOLDERS or folder == "lists") and path.suffix in (".yml", ".yaml", ".json", ".csv", ".txt"):
        return f"rename it to {folder}/{path.stem}{wanted}"
    return "move it out of the site's folder" if folder in FOLDERS or folder == "lists" else "name it in site.yaml, or move it out of the site's folder"


def _file_fix(name: str) -> str:
    near = nearest(name, _FILES)
    return f"did you mean '{near}'?" if near else "move it out of the site's folder, or into the folder of its kind"
