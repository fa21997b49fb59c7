#!/usr/bin/env python3
"""The one command of this repository: `python3 build.py COMMAND` packages, inspects, runs and tests the app.

Standard library only. What a command needs beyond it is installed into .venv/ when the command first runs, from the
pinned requirements-*.txt files; MAIL_THREATS_VENVS names another folder for that, which several checkouts can share.
Progress goes to stderr, results to stdout. Exit codes: 0 done, 1 the work failed, 2 wrong usage.
"""

import sys

# No syntax in this file may be newer than Python 3.6: an older Python must get as far as this sentence.
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.stderr.write("build.py needs Python 3.11, 3.12 or 3.13; this is Python {}.{}.\n".format(*sys.version_info[:2]))
    sys.exit(2)
try:
    import fcntl
except ImportError:
    sys.stderr.write("build.py runs on Linux and macOS; on Windows, run it in WSL.\n")
    sys.exit(2)

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

APP = "m365_mail_threats"
ROOT = Path(__file__).resolve().parent
VENVS = Path(os.environ.get("MAIL_THREATS_VENVS") or ROOT / ".venv")
BUILD = ROOT / "build"
DIST = ROOT / "dist"
MANIFEST = ROOT / "package" / "app.manifest"
SHIPPED_LIBRARIES = "package/lib/requirements.txt"
REVIEWED_WARNINGS = ROOT / "tests" / "package" / "appinspect_warnings.json"

SOURCE_FOLDERS = ("package", "bin", "default", "lookups")
CACHES = {"__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
# ucc-gen writes these too, and a source file of the same name would take the place of its own.
JOINED = ("default/restmap.conf", "default/web.conf")
COMPILED = (".pyc", ".pyo", ".pyd", ".so", ".dll", ".dylib")
APPINSPECT_TAGS = ("cloud", "private_victoria", "private_classic", "private_app", "migration_victoria", "future")

SPLUNK_PYTHONS = ("3.9", "3.13")
SHIPPED_TESTS = ROOT / "tests" / "unit" / "shipped"
SUITES_WITHOUT_APP = ("knowledge", "spl")
SUITES_ON_SPLUNK_PYTHONS = ("commands", "detections", "inputs", "unit")
# Tests share nothing but the package, so they run side by side. A table holds the families against each other.
SIDE_BY_SIDE = ("--numprocesses=auto", "--maxprocesses=4")
FAMILIES, FAMILY_TABLE = "tests/detections/test_families.py", "tests/detections/test_family_table.py"


class Failure(Exception):
    """The work failed; the message says what, where, and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def ask(*command: str) -> str:
    """What a short command prints; "" when it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return result.stdout.strip() if result.returncode == 0 else ""


def run(command: list[str], what: str, env: dict[str, str] | None = None) -> str:
    """Runs a tool with its output in build/<what>.log and returns that output; raises Failure when the tool fails."""
    BUILD.mkdir(exist_ok=True)
    log = BUILD / f"{what}.log"
    with log.open("wb") as stream:
        code = subprocess.run(command, env=env, stdout=stream, stderr=subprocess.STDOUT).returncode
    output = log.read_text(errors="replace")
    if code != 0:
        raise Failure(f"{what} failed with exit code {code}; {log} ends with:\n{output[-2000:]}")
    return output


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Holds off other build.py processes that want to make `path`; the system releases it however this one ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another build.py that makes {path} ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        part.write(content)
    os.chmod(part.name, 0o644)
    os.replace(part.name, path)


# --- environments


def environment(name: str, *requirements: str, interpreter: str = os.path.realpath(sys.executable)) -> str:
    """The interpreter of .venv/<name>, with the pinned requirement files installed in it.

    A stamp says what is installed: the interpreter, the folder, and each requirement file with its hash. It is written
    last and removed first, so an interrupted installation is begun again. Further requirement files are added.
    """
    folder, python, stamp = VENVS / name, VENVS / name / "bin" / "python", VENVS / name / "installed.txt"
    files = {f"{file} {sha256(ROOT / file)}": file for file in ("requirements-build.txt", *requirements)}
    base = f"{folder} {interpreter} {ask(interpreter, '-VV')}"

    def installed() -> set[str]:
        return set(stamp.read_text().splitlines()) if stamp.exists() and python.exists() else set()

    if {base, *files} <= installed():
        return str(python)
    with lock(folder):
        present = installed()
        if not present or not present <= {base, *files}:
            if {base, *files} <= present:
                return str(python)
            say(f"Creating .venv/{name} from {interpreter} ...")
            shutil.rmtree(folder, ignore_errors=True)
            create_venv(interpreter, folder)
            present = set()
        stamp.unlink(missing_ok=True)
        for line, file in files.items():
            if line not in present:
                install(str(python), file, name)
        write_whole(stamp, "\n".join([base, *files, ""]).encode())
    return str(python)


def create_venv(interpreter: str, folder: Path) -> None:
    result = subprocess.run([interpreter, "-m", "venv", str(folder)], stdout=sys.stderr)
    if result.returncode != 0:
        raise Failure(
            f"{interpreter} could not create the virtual environment {folder}; its words are above. "
            "On Debian and Ubuntu the module that it needs is a package of its own: apt-get install python3-venv"
        )


def install(python: str, file: str, name: str) -> None:
    say(f"Installing {file} into .venv/{name} ...")
    command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
    if file == SHIPPED_LIBRARIES:  # the very wheels that the app carries
        command += ["--no-index", "--find-links", str(wheelhouse()), "-r", str(wheelhouse() / "requirements.txt")]
    else:
        command += ["--require-hashes", "--no-build-isolation", "-r", str(ROOT / file)]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise Failure(
            f"Installing {file} into {VENVS / name} failed; pip's words are above. The first installation needs the "
            "network. Run the command again when that is mended: what is half installed is replaced."
        )


def wheelhouse() -> Path:
    """The folder with the wheels of the app's libraries: fetched once, checked by their hashes, pure Python."""
    python = environment("package", "requirements-package.txt")
    folder, stamp = VENVS / "wheelhouse", VENVS / "wheelhouse" / "installed.txt"
    wanted = "\n".join(sha256(ROOT / file) for file in (SHIPPED_LIBRARIES, "requirements-build.txt"))
    with lock(folder):
        if stamp.exists() and stamp.read_text() == wanted:
            return folder
        say(f"Collecting the libraries of {SHIPPED_LIBRARIES} into .venv/wheelhouse ...")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        command = [python, "-m", "pip", "wheel", "--no-input", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--no-build-isolation", "--no-binary", "charset-normalizer"]
        run([*command, "-w", str(folder), "-r", str(ROOT / SHIPPED_LIBRARIES)], "pip-wheel")
        # A wheel built here has another hash than the source it was built from: from here on, name and version count.
        pins = re.findall(r"^[a-z][\w.-]*==[^\s\\]+", (ROOT / SHIPPED_LIBRARIES).read_text(), re.MULTILINE)
        write_whole(folder / "requirements.txt", "\n".join([*pins, ""]).encode())
        write_whole(stamp, wanted.encode())
    return folder


def splunk_pythons() -> dict[str, str]:
    """The Pythons that Splunk ships and this machine has, {"3.9": path, ...}: on PATH or in pyenv, tried by running."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenvs = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    pyenvs += [folder.parent for folder in folders if folder.name == "shims"] + [Path.home() / ".pyenv"]
    folders += [folder for pyenv in pyenvs for folder in sorted(pyenv.glob("versions/*/bin"))]
    found: dict[str, str] = {}
    for version in SPLUNK_PYTHONS:
        for path in (folder / f"python{version}" for folder in folders):
            if version not in found and os.access(path, os.X_OK):
                said = ask(str(path), "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)")
                if said.startswith(f"{version} "):
                    found[version] = said.split(maxsplit=1)[1]
    return found


# --- package


def app_version() -> str:
    return str(json.loads(MANIFEST.read_text())["info"]["id"]["version"])


def source_time() -> int:
    """Epoch seconds that stand for "now" in the package: SOURCE_DATE_EPOCH, else the time of the commit, else 0."""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        return int(os.environ["SOURCE_DATE_EPOCH"])
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return 0
    return int(ask("git", "-C", str(ROOT), "log", "-1", "--format=%ct") or 0)


def source_files() -> dict[str, Path]:
    """What is packaged: {path inside the app: source file}. What tools cache in the source folders is no source."""
    files = {"LICENSES/Apache-2.0.txt": ROOT / "LICENSE"}
    for folder in SOURCE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_dir() or CACHES.intersection(path.parts):
                continue
            inside = path.relative_to(ROOT / folder if folder == "package" else ROOT).as_posix()
            if inside in files:
                raise Failure(f"{path} and {files[inside]} would both become {inside} in the app; remove one of them.")
            files[inside] = path
    return files


def fingerprint(files: dict[str, Path], time: int) -> str:
    digest = hashlib.sha256(f"{time}\n".encode())
    tools = {name: ROOT / name for name in ("build.py", "requirements-build.txt", "requirements-package.txt")}
    for inside, path in sorted({**files, **tools}.items()):
        digest.update(f"{inside} {sha256(path)}\n".encode())
    return digest.hexdigest()


def package() -> Path:
    """Builds dist/<app>-<version>.spl unless it is there already, built from the same sources; returns its path."""
    with lock(BUILD / "package"):
        files, time = source_files(), source_time()
        spl, record = DIST / f"{APP}-{app_version()}.spl", BUILD / "package.json"
        sources = fingerprint(files, time)
        if spl.exists() and record.exists() and json.loads(record.read_text()) == [sources, spl.name, sha256(spl)]:
            say(f"dist/{spl.name} is up to date.")
        else:
            say(f"Packaging {APP} {app_version()} ...")
            for left_over in BUILD.glob("package-*"):  # of a build that was killed: this process has the lock
                shutil.rmtree(left_over)
            with tempfile.TemporaryDirectory(prefix="package-", dir=BUILD) as folder:
                stage(files, Path(folder))
                app = generate(Path(folder))
                settle(app, time)
                refuse(app)
                write_whole(spl, archive(app, time))
            write_whole(record, json.dumps([sources, spl.name, sha256(spl)]).encode())
        for old in DIST.glob(f"{APP}-*.spl"):
            if old != spl:
                say(f"Removing dist/{old.name}.")
                old.unlink()
    return spl


def stage(files: dict[str, Path], folder: Path) -> None:
    """Lays the sources out as ucc-gen wants them: globalConfig.json, which ucc-gen rewrites, beside package/."""
    for inside, path in files.items():
        if inside in JOINED:
            continue
        target = folder / "package" / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(wheelhouse() / "requirements.txt", folder / "package" / "lib" / "requirements.txt")
    config = json.loads((folder / "package" / "globalConfig.json").read_text())
    config["meta"]["version"] = app_version()  # ucc-gen insists on it; app.manifest is where the version lives
    (folder / "package" / "globalConfig.json").unlink()
    (folder / "globalConfig.json").write_text(json.dumps(config, indent=4))


def generate(folder: Path) -> Path:
    """Runs ucc-gen on the staged folder, offline; returns the folder of the app it made."""
    python = environment("package", "requirements-package.txt")
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    env.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheelhouse()), PYTHONUTF8="1")
    pip = ask(python, "-c", "import pip; print(pip.__version__)")
    command = [python, "-m", "splunk_add_on_ucc_framework", "build", "--source", str(folder / "package")]
    command += ["-o", str(folder / "app"), "--ta-version", app_version()]
    output = run([*command, "--python-binary-name", python, "--pip-version", pip], "ucc-gen", env)
    app = folder / "app" / APP
    if not (app / "appserver" / "static" / "openapi.json").exists():  # its last step: a crash of ucc-gen exits 0, too
        raise Failure(f"ucc-gen ended before the app was complete:\n{output[-2000:]}")
    for inside in JOINED:
        (app / inside).write_text(f"{(app / inside).read_text()}\n{(ROOT / inside).read_text()}")
    return app


def settle(app: Path, time: int) -> None:
    """Takes out what differs from build to build: the clock's build number, and scripts with an interpreter's path."""
    conf, page = app / "default" / "app.conf", app / "appserver" / "templates" / "base.html"
    clock = re.search(r"^build = (\d+)$", conf.read_text(), re.MULTILINE)
    if clock is None:
        raise Failure(f"{conf} holds no build number; settle() in build.py no longer fits this ucc-gen.")
    conf.write_text(conf.read_text().replace(clock.group(0), f"build = {time}"))
    page.write_text(page.read_text().replace(clock.group(1), str(time)))
    shutil.rmtree(app / "lib" / "bin", ignore_errors=True)
    for record in app.glob("lib/*.dist-info/RECORD"):
        kept = [line for line in record.read_text().splitlines(True) if not line.startswith("../../bin/")]
        record.write_text("".join(kept))


def refuse(app: Path) -> None:
    """Fails on what an app may not carry: compiled files, hidden files, a local folder."""
    for path in sorted(app.rglob("*")):
        inside = path.relative_to(app)
        if path.suffix in COMPILED or path.name == "__pycache__":
            raise Failure(f"{inside} is compiled; the app ships source only. Remove it, or the library that brings it.")
        if path.name.startswith("."):
            raise Failure(f"{inside} is a hidden file, which Splunk refuses in an app. Remove it.")
        if inside.parts[0] == "local" or inside.as_posix() == "metadata/local.meta":
            raise Failure(f"{inside} belongs to an installed app, not to a package. Move what it says to default/.")


def archive(app: Path, time: int) -> bytes:
    """The .spl: a tar.gz in which the same files always give the same bytes."""

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.mtime, info.uid, info.gid, info.uname, info.gname = time, 0, 0, "", ""
        info.mode = 0o755 if info.isdir() else 0o644
        return info

    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=time, compresslevel=9) as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path in [app, *sorted(app.rglob("*"))]:
                tar.add(path, path.relative_to(app.parent).as_posix(), recursive=False, filter=plain)
    return buffer.getvalue()


def package_command(_: argparse.Namespace) -> int:
    spl = package()
    sizes: dict[str, list[int]] = {}
    with tarfile.open(spl) as tar:
        for member in tar:
            if member.isfile():
                folder, slash, _name = member.name.split("/", 1)[1].partition("/")
                sizes.setdefault(folder + slash if slash else "(top)", []).append(member.size)
    for folder, files in sorted(sizes.items()):
        print(f"{folder:<12} {len(files):>4} files {sum(files):>10,} bytes")
    print(f"{spl.relative_to(ROOT)}: {spl.stat().st_size:,} bytes, sha256 {sha256(spl)}")
    return 0


# --- inspect


def inspect_command(_: argparse.Namespace) -> int:
    spl = package()
    python = environment("inspect", "requirements-inspect.txt")
    say(f"Inspecting dist/{spl.name} with AppInspect ({', '.join(APPINSPECT_TAGS)}); up to a minute ...")
    with tempfile.TemporaryDirectory(prefix="inspect-", dir=BUILD) as folder:
        report = Path(folder) / "report.json"
        # pylibmagic brings the C library that AppInspect tells file types by, and must be imported first.
        start = "import pylibmagic; from splunk_appinspect.main import execute; execute()"
        command = [python, "-c", start, "inspect", str(spl), "--data-format", "json", "--output-file", str(report)]
        output = run([*command, *(f"--included-tags={tag}" for tag in APPINSPECT_TAGS)], "appinspect")
        if not report.exists():
            raise Failure(f"AppInspect wrote no report:\n{output[-2000:]}")
        write_whole(BUILD / "appinspect.json", report.read_bytes())
        found = json.loads(report.read_text())
    problems = judge(found, json.loads(REVIEWED_WARNINGS.read_text()))
    print(", ".join(f"{count} {result}" for result, count in found["summary"].items()))
    for problem in problems:
        print(problem)
    print(f"AppInspect: {len(problems)} problems." if problems else "AppInspect: clean.")
    return 1 if problems else 0


def judge(report: dict[str, Any], reviewed: list[dict[str, str]]) -> list[str]:
    """What is wrong with an AppInspect report: errors, failures, and warnings that nobody has reviewed.

    `reviewed` holds {"check", "message", "reason"}, the message being a part of the warning's text; an entry that fits
    no warning is a problem as well.
    """
    problems: list[str] = []
    used: set[int] = set()
    for check in (check for part in report["reports"] for group in part["groups"] for check in group["checks"]):
        for kind, text in ((message["result"], message["message"]) for message in check["messages"]):
            fits = {n for n, e in enumerate(reviewed) if e["check"] == check["name"] and e["message"] in text}
            if kind == "warning":
                used |= fits
            if kind in ("error", "failure", "future_failure") or (kind == "warning" and not fits):
                problems.append(f"{kind}: {check['name']}: {text}")
        if check["result"] in ("error", "failure", "future_failure") and not check["messages"]:
            problems.append(f"{check['result']}: {check['name']}: {check['description']}")
    for number, entry in enumerate(reviewed):
        if number not in used:
            problems.append(f"{REVIEWED_WARNINGS}: the entry for {entry['check']} fits no warning any more; remove it.")
    return problems


# --- demo, replay, spl, bench


def lab_command(module: str, arguments: list[str], variables: dict[str, str] | None = None) -> NoReturn:
    """Becomes `python -m lab.<module> --spl PATH ...`: its exit code and its Ctrl-C are this command's own."""
    spl = package()
    python = environment("lab", "requirements-lab.txt")
    env = {**os.environ, **lab_variables(splunk_pythons()), **(variables or {})}
    os.execve(python, [python, "-P", "-m", f"lab.{module}", "--spl", str(spl), *arguments], env)


def lab_variables(pythons: dict[str, str]) -> dict[str, str]:
    """What lab processes are told: where to import from, and which of Splunk's Pythons this machine has."""
    found = ",".join(f"{version}={path}" for version, path in pythons.items())
    return {"PYTHONPATH": str(ROOT / "tests"), "MAIL_THREATS_PYTHONS": found}


def bench_command(_: argparse.Namespace) -> NoReturn:
    """What the app is measured against runs on the newest of Splunk's Pythons, in an environment of its own."""
    interpreter = splunk_pythons().get(SPLUNK_PYTHONS[-1], os.path.realpath(sys.executable))
    peers = environment("bench", "requirements-bench.txt", interpreter=interpreter)
    lab_command("bench", sys.argv[2:], {"MAIL_THREATS_BENCH_PYTHON": peers})


# --- test


@dataclass
class Outcome:
    """What one run of one suite gave; `note` says why it was not whole."""

    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""


def suites() -> list[str]:
    folders = (path for path in sorted((ROOT / "tests").iterdir()) if path.is_dir() and path.name != "lab")
    return ["lint", *(path.name for path in folders if any(path.rglob("test_*.py")))]


def run_command(arguments: argparse.Namespace) -> int:
    """Runs suites one after the other, and a table of what they gave."""
    pythons = splunk_pythons()
    outcomes = [outcome for name in arguments.suites or suites() for outcome in run_suite(name, pythons)]
    width = max(len(outcome.suite) for outcome in outcomes)
    for o in outcomes:
        print(f"{o.suite:<{width}} {o.passed:>6} passed {o.failed:>4} failed {o.skipped:>4} skipped  {o.note}".rstrip())
    failed = sum(o.failed for o in outcomes)
    print(f"{sum(o.passed for o in outcomes)} passed, {failed} failed, {sum(o.skipped for o in outcomes)} skipped")
    return 1 if failed else 0


def run_suite(name: str, pythons: dict[str, str]) -> Iterator[Outcome]:
    """Runs a suite on this Python, and the unit tests of what is shipped on each of Splunk's Pythons besides.

    The suites that run the app's own processes do so on each of Splunk's Pythons too, which they find in a variable.
    """
    say(f"--- {name}")
    if name == "addon":
        yield from addon(pythons)
        return
    python = environment("lab", "requirements-lab.txt", "requirements-test.txt")
    if name == "lint":
        yield lint(python)
        return
    variables = lab_variables(pythons)
    if name not in SUITES_WITHOUT_APP:
        variables["MAIL_THREATS_SPL"] = str(package())
    if name == "rules":
        variables["MAIL_THREATS_PARSER_PYTHON"] = environment("parser", "requirements-parser.txt")
    apart = [f"--ignore={path}" for path in (SHIPPED_TESTS, FAMILIES, FAMILY_TABLE)]
    yield pytest(name, python, [f"tests/{name}", *apart, *SIDE_BY_SIDE], variables)
    if name == "detections":
        yield from families(name, python, variables)
    for version in SPLUNK_PYTHONS if name in SUITES_ON_SPLUNK_PYTHONS else ():
        if version not in pythons:
            counts = {"failed": 1} if os.environ.get("CI") else {"skipped": 1}
            yield Outcome(f"{name} on {version}", **counts, note=f"no Python {version} on PATH or in pyenv")
        elif name == "unit":
            libraries = ("requirements-shipped-test.txt", SHIPPED_LIBRARIES)
            shipped = environment(f"py{version}", *libraries, interpreter=pythons[version])
            yield pytest(f"{name} on {version}", shipped, [str(SHIPPED_TESTS)], {})


def families(suite: str, python: str, variables: dict[str, str]) -> Iterator[Outcome]:
    """Runs the families side by side, then holds what they gave against the rules of others."""
    with tempfile.TemporaryDirectory(prefix="families-", dir=BUILD) as trials:
        variables = {**variables, "MAIL_THREATS_FAMILY_TRIALS": trials}
        yield pytest(f"{suite}, families", python, [FAMILIES, *SIDE_BY_SIDE], variables)
        yield pytest(f"{suite}, table of families", python, [FAMILY_TABLE], variables)


def soak_command(arguments: argparse.Namespace) -> int:
    """Lives of an input, each drawn from a seed; a failure prints its own command."""
    python = environment("lab", "requirements-lab.txt", "requirements-test.txt")
    variables = {**lab_variables(splunk_pythons()), "MAIL_THREATS_SPL": str(package())}
    variables |= {"MAIL_THREATS_SOAK_SEEDS": arguments.seeds}
    outcome = pytest("soak", python, ["tests/inputs/test_soak.py", *SIDE_BY_SIDE], variables)
    print(f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped  {outcome.note}".rstrip())
    return 1 if outcome.failed else 0


def seeds(text: str) -> str:
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 0-299 or 0-49,117")
    return text


def lint(python: str) -> Outcome:
    failed = []
    tools = ("ruff check .", "ruff format --check .", "mypy")
    for tool in tools:
        say(f"{tool} ...")
        if subprocess.run([python, "-m", *tool.split()], cwd=ROOT).returncode != 0:
            failed.append(tool)
    return Outcome("lint", len(tools) - len(failed), len(failed), note=", ".join(failed))


def addon(pythons: dict[str, str]) -> Iterator[Outcome]:
    """Splunk's own plugin for add-ons: on the stand-in, in process and from outside; on SPLUNK_URL where it is set.

    The plugin leaves its log and other files where it is started.
    """
    folder, tests = BUILD / "addon", ROOT / "tests" / "addon"
    folder.mkdir(parents=True, exist_ok=True)
    python = environment("addon", "requirements-addon.txt")
    variables = {**lab_variables(pythons), "MAIL_THREATS_SPL": str(package())}
    lanes = {"in_process": "addon", "outside": "addon from outside"}
    if os.environ.get("SPLUNK_URL"):
        lanes["splunk"] = "addon on SPLUNK_URL"
    for lane, title in lanes.items():
        arguments = ["-c", str(tests / "pytest.ini"), str(tests)]
        yield pytest(title, python, arguments, {**variables, "MAIL_THREATS_ADDON_LANE": lane}, folder)


def pytest(suite: str, python: str, arguments: list[str], variables: dict[str, str], folder: Path = ROOT) -> Outcome:
    """Runs pytest in a folder and takes the counts from its JUnit report."""
    BUILD.mkdir(exist_ok=True)
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env.update(variables, HYPOTHESIS_STORAGE_DIRECTORY=str(BUILD / "hypothesis"))
    with tempfile.TemporaryDirectory(prefix="test-", dir=BUILD) as reports:
        report = Path(reports) / "report.xml"
        command = [python, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        code = subprocess.run(command, cwd=folder, env=env).returncode
        root = ElementTree.parse(report).find("testsuite") if report.exists() else None
    if root is None:
        return Outcome(suite, failed=1, note=f"pytest ended without a report, exit code {code}")
    total, failures, errors, skipped = (int(root.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
    outcome = Outcome(suite, total - failures - errors - skipped, failures + errors, skipped)
    if code not in (0, 1) and not outcome.failed:
        outcome.failed, outcome.note = 1, f"pytest exit code {code}"
    return outcome


# --- command line


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description="Packages, inspects, runs and tests the app.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, words: str, work: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        added.set_defaults(work=work)
        return added

    command("package", "build the app into dist/", package_command)
    command("inspect", "run AppInspect on the packaged app", inspect_command)
    demo = command("demo", "collect from a simulated tenant and hold the findings against the truth", lab("demo"))
    demo.add_argument("--json", metavar="FILE", help="also write the result to FILE as JSON")
    demo.add_argument("--seed", type=int, metavar="N", help="another company with other noise")
    replay = command("replay", "run the rules over exported events", lab("replay"))
    replay.add_argument("--events", action="append", required=True, metavar="FILE[:SOURCETYPE]")
    replay.add_argument("--allowlist", metavar="FILE.csv", help="the allowlist that holds for these events")
    replay.add_argument("--search", metavar="STEM", help="one detection, or all (the default)")
    replay.add_argument("--json", metavar="FILE", help="write the result to FILE as JSON; - for stdout")
    spl = command("spl", "run SPL in the context of the packaged app", lab("spl_cli"))
    what = spl.add_mutually_exclusive_group(required=True)
    what.add_argument("spl", nargs="?", metavar="SPL")
    what.add_argument("--batch", metavar="CASES.json", help="run a file of cases, one JSON line each")
    spl.add_argument("--events", action="append", metavar="FILE[:SOURCETYPE]", help="events to search")
    spl.add_argument("--json", action="store_true", help="rows as JSON lines")
    bench = command("bench", "measure the app against what it is compared with", bench_command)
    bench.add_argument("bench", metavar="BENCH", help="collect; `bench collect --help` tells its options")
    bench.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    soak = command("soak", "run inputs through faults, kills and mishaps, and judge what was indexed", soak_command)
    soak.add_argument("--seeds", type=seeds, default="0-299", metavar="A-B,C", help="which lives; 0-299 by default")
    test = command("test", "run all test suites, or some", run_command)
    test.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(suites()))
    return parser


def lab(module: str) -> Callable[[argparse.Namespace], int]:
    """A command whose arguments are checked here and go to lab.<module> as they were typed."""
    return lambda _: lab_command(module, sys.argv[2:])


def main() -> int:
    parser = command_line()
    arguments = parser.parse_args()
    unknown = [name for name in getattr(arguments, "suites", ()) if name not in suites()]
    if unknown:
        parser.error(f"test: no suite {', '.join(unknown)}; there are {', '.join(suites())}")
    try:
        return int(arguments.work(arguments))
    except Failure as failure:
        say(f"build.py {arguments.command}: {failure}")
        return 1
    except KeyboardInterrupt:
        say("Interrupted.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
