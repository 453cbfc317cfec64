#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""sbom.py make VERSION COMMIT SECONDS FOLDER VERSIONS...: an SPDX 2.3 document of the release in FOLDER, on standard output.
SECONDS is its time; VERSIONS are files versions-ARCH with lines "PACKAGE VERSION", what the programs of ARCH were linked with.

sbom.py check FILE: whether a document has what the specification requires."""
import datetime
import hashlib
import json
import pathlib
import re
import sys

# What is linked into the programs: Debian's package, what it is called, its licence.
LINKED = {
    "curl": ("libcurl", "curl"),
    "libssl-dev": ("OpenSSL", "Apache-2.0"),
    "libc-ares-dev": ("c-ares", "MIT"),
    "libyaml-dev": ("libyaml", "MIT"),
    "libcli11-dev": ("CLI11", "BSD-3-Clause"),
    "rapidjson-dev": ("RapidJSON", "MIT"),
    "libc6-dev": ("glibc", "LGPL-2.1-or-later"),
    "libstdc++-dev": ("libstdc++", "GPL-3.0-or-later WITH GCC-exception-3.1"),
}


def identifier(*words):
    return "SPDXRef-" + "-".join(re.sub("[^A-Za-z0-9.-]", "-", word) for word in words)


def package(spdx_id, name, version, licence):
    return {
        "SPDXID": spdx_id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }


def make(version, commit, seconds, folder, *versions):
    created = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    library = package(identifier("secure_tunneling"), "secure_tunneling", version, "BSL-1.0")
    library["sourceInfo"] = f"commit {commit}"
    packages = [library]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", library["SPDXID"])]
    files = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.name == "SHA256SUMS" or path.name.endswith(".spdx.json"):
            continue
        data = path.read_bytes()
        files.append({
            "SPDXID": identifier("file", path.name),
            "fileName": f"./{path.name}",
            "fileTypes": ["SOURCE" if path.suffix == ".hpp" else "ARCHIVE"],
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
            ],
            "licenseConcluded": "NOASSERTION" if "-linux-" in path.name else "BSL-1.0",
            "copyrightText": "NOASSERTION",
        })
        relations.append((files[-1]["SPDXID"], "GENERATED_FROM", library["SPDXID"]))
    for listing in sorted(map(pathlib.Path, versions)):
        arch = listing.name.rpartition("-")[2]
        programs = f"secure_tunneling-{version}-linux-{arch}.tar.gz"
        for line in sorted(set(listing.read_text().splitlines())):
            name, linked_version = line.split()
            title, licence = LINKED[re.sub(r"^libstdc\+\+-\d+-", "libstdc++-", name)]
            linked = package(identifier(title, arch), title, linked_version, licence)
            linked["supplier"] = "Organization: Debian"
            linked["externalRefs"] = [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{name.replace('+', '%2B')}@{linked_version.replace('+', '%2B')}"
                                    f"?arch={'source' if name == 'curl' else arch}",
            }]
            packages.append(linked)
            relations.append((identifier("file", programs), "STATIC_LINK", linked["SPDXID"]))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"secure_tunneling-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/secure_tunneling-{version}-{commit}",
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: secure_tunneling-sbom.py"],
        },
        "packages": packages,
        "files": files,
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }


def problems(document):
    """What clauses 6, 7, 8 and 11 of the specification's version 2.3 require and the document does not have."""
    found = []

    def require(where, has, field, pattern=r"(?s).+"):
        value = has.get(field)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            found.append(f"{where}: {field} is {value!r}, not {pattern}")

    element = r"SPDXRef-[A-Za-z0-9.-]+"
    require("document", document, "spdxVersion", r"SPDX-2\.3")
    require("document", document, "dataLicense", r"CC0-1\.0")
    require("document", document, "SPDXID", r"SPDXRef-DOCUMENT")
    require("document", document, "name")
    require("document", document, "documentNamespace", r"https?://[^#\s]+")
    creation = document.get("creationInfo", {})
    require("creationInfo", creation, "created", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    if not creation.get("creators"):
        found.append("creationInfo: there are no creators")
    for creator in creation.get("creators", []):
        if not re.fullmatch(r"(Person|Organization|Tool): .+", creator):
            found.append(f"creationInfo: {creator!r} is neither a person nor an organization nor a tool")

    elements = ["SPDXRef-DOCUMENT"]
    for entry in document.get("packages", []):
        require("package", entry, "SPDXID", element)
        require(entry.get("SPDXID"), entry, "name")
        require(entry.get("SPDXID"), entry, "downloadLocation", r"NONE|NOASSERTION|[a-z+]+:.+")
        elements.append(entry.get("SPDXID"))
        for reference in entry.get("externalRefs", []):
            require(entry.get("SPDXID"), reference, "referenceCategory", r"SECURITY|PACKAGE-MANAGER|PERSISTENT-ID|OTHER")
            require(entry.get("SPDXID"), reference, "referenceType")
            require(entry.get("SPDXID"), reference, "referenceLocator", r"\S+")
    lengths = {"SHA1": 40, "SHA256": 64}
    for entry in document.get("files", []):
        require("file", entry, "SPDXID", element)
        require(entry.get("SPDXID"), entry, "fileName", r"\./.+")
        elements.append(entry.get("SPDXID"))
        sums = {entry["algorithm"]: entry["checksumValue"] for entry in entry.get("checksums", [])}
        if "SHA1" not in sums:
            found.append(f"{entry.get('SPDXID')}: there is no SHA1")
        for algorithm, value in sums.items():
            if not re.fullmatch("[0-9a-f]{%d}" % lengths[algorithm], value):
                found.append(f"{entry.get('SPDXID')}: {value!r} is no {algorithm}")
    if len(set(elements)) != len(elements):
        found.append(f"there are two of {sorted(one for one in set(elements) if elements.count(one) > 1)}")
    relations = document.get("relationships", [])
    for relation in relations:
        for end in ("spdxElementId", "relatedSpdxElement"):
            if relation.get(end) not in elements:
                found.append(f"relationship: there is no {relation.get(end)}")
        require("relationship", relation, "relationshipType", r"[A-Z_]+")
    if not any(relation.get("relationshipType") == "DESCRIBES" for relation in relations):
        found.append("the document describes nothing")
    return found


def main():
    if len(sys.argv) >= 6 and sys.argv[1] == "make":
        json.dump(make(*sys.argv[2:]), sys.stdout, indent=2)
        print()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        found = problems(json.loads(pathlib.Path(sys.argv[2]).read_text()))
        if found:
            sys.exit("\n".join(found))
    else:
        sys.exit(__doc__)


main()
