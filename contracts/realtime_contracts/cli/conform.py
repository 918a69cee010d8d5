"""`realtime conform`: runs the features against a server."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.text import Text

from realtime_contracts.cli.dev_folder import dev_secret
from realtime_contracts.cli.timeouts import parsed_timeouts
from realtime_contracts.conform.reports.listing import listing
from realtime_contracts.conform.reports.terminal import Tree, summary
from realtime_contracts.conform.requirements import BrokenFeatures, Suite, suite
from realtime_contracts.conform.results import EXIT_STATUS, Run, Verdict
from realtime_contracts.conform.running.findings import contract_ids
from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.conform.running.run import Plan, conform
from realtime_contracts.conform.running.selection import OF_ITS_OWN, BadList, NothingSelected, Selection, read_known
from realtime_contracts.conform.running.server import NotStarted, problem_with, started
from realtime_contracts.conform.steps import DEFINITIONS
from realtime_contracts.conform.tags import LEVELS
from realtime_contracts.wire.timeouts import Timeouts

#: Seconds that a run waits for a message that should come at once. A server that needs longer is not realtime.
PATIENCE_SECONDS = 5.0
#: Failures shown in full on the terminal.
SHOWN = 5

#: The value of `--timeouts` for the contract's defaults.
CONTRACT_TIMEOUTS = "contract"
#: The report options, in the order in which they are written.
REPORTS = ("html", "junit", "json", "messages")
#: The name of no file.
STDOUT = "-"

_TRANSPORTS = {"websocket": ("websocket",), "polling": ("polling",), "both": ("websocket", "polling")}


class SecondsRange(click.FloatRange):
    """A FloatRange that refuses NaN, which would be in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail("expected seconds", param, ctx)
        return seconds


class TimeoutsOption(click.ParamType):  # type: ignore[type-arg]  # generic in its newest versions only
    """`away=2,offline=3`, in seconds, or `contract` for the contract's defaults."""

    name = "timeouts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Timeouts:  # noqa: ARG002
        if isinstance(value, Timeouts) or value == CONTRACT_TIMEOUTS:
            return value if isinstance(value, Timeouts) else Timeouts()
        return replace(Timeouts(), **parsed_timeouts(value, Timeouts))


class Output(Console):
    """A rich console whose exit status after a broken pipe is not 1: that means an unmet MUST."""

    def on_broken_pipe(self) -> None:
        try:
            super().on_broken_pipe()
        except SystemExit:
            sys.exit(EXIT_STATUS[Verdict.INCONCLUSIVE])


def _file(name: str, what: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help=what)


@click.command(name="conform")
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option(
    "--jwt-secret",
    envvar="JWT_SECRET_KEY",
    help="The server's HS256 secret [env: JWT_SECRET_KEY]. Default: that of `realtime serve --dev` in this folder.",
)
@click.option(
    "--token-command", metavar="COMMAND", help="A command that reads a token's claims as JSON and prints the token."
)
@click.option(
    "--token-hook",
    metavar="MODULE:FUNCTION",
    help="A Python function that turns a token's claims into a token.",
)
@click.option("--exec", "command", metavar="'CMD {port}'", help="Start this server for the run, and stop it after.")
@click.option(
    "--nodes",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="With --exec: how many nodes to start, as one cluster.",
)
@click.option(
    "--select",
    "words",
    multiple=True,
    metavar="ID|TAGS",
    help="Run only these: presence/3.2, presence/7.1#3, presence, contract/server/error, '@rooms and not @slow'.",
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="may",
    show_default=True,
    help="The least binding level to run.",
)
@click.option("--transport", type=click.Choice(list(_TRANSPORTS)), default="websocket", show_default=True)
@click.option(
    "--timeouts",
    type=TimeoutsOption(),
    help="The server's timeouts in seconds: away=2,offline=3; or `contract`. Without it, slow scenarios are skipped.",
)
@click.option("--skip-slow", is_flag=True, help="Skip scenarios that wait for the server's timeouts.")
@click.option(
    "--patience",
    type=SecondsRange(0.1, 60),
    default=PATIENCE_SECONDS,
    show_default=True,
    help="Seconds to wait for what should come at once.",
)
@click.option("--jobs", type=click.IntRange(1, 32), default=4, show_default=True, help="Scenarios that run at once.")
@click.option(
    "--known-failing",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A file of ids, one a line, that are expected to fail. One that passes is a failure.",
)
@_file("html", "Write the report as one HTML page.")
@_file("junit", "Write a JUnit report, for CI.")
@_file("json", "Write everything that was found, as JSON.")
@_file("messages", "Write Cucumber Messages.")
@click.option(
    "--compare",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="JSON",
    help="The --json report of another run, to show beside this one in --html. Repeatable.",
)
@click.option(
    "--show", type=click.IntRange(0), default=SHOWN, show_default=True, help="How many failures to print in full."
)
@click.option("--quiet", is_flag=True, help="Print only requirements that are not met.")
@click.option("--list", "list_only", is_flag=True, help="Print the requirements that would be run, and exit.")
def conform_command(
    urls: tuple[str, ...],
    command: str | None,
    list_only: bool,  # noqa: FBT001 - click's way
    known_failing: Path | None,
    **options: Any,
) -> None:
    """Test a server against the contract: any server, in any language.

    URL is the root of the server; several URLs are the nodes of one cluster.

    \b
    Exit status, by the worst that was found:
      0  every requirement that was tried is met
      1  a MUST is not met, or a message breaks the contract
      2  the command line is wrong
      3  a SHOULD is not met
      4  inconclusive: no server, or the harness failed
      5  nothing was tried
    """  # noqa: D301 - click looks for the backspace
    try:
        features = suite()
    except BrokenFeatures as error:
        _end_inconclusive(f"the features cannot be run:\n{error}")
    nodes = len(urls) or options["nodes"]
    slow_unknown = options["timeouts"] is None
    selection = Selection(options["words"], options["level"], options["skip_slow"] or slow_unknown, nodes)
    # A printed report must be the only output.
    console = Output(highlight=False, stderr=_to_stdout(options))
    try:
        chosen = selection.of(features)
        if list_only:
            listing(console, chosen)
            return
        _check_checks(selection)
        known = read_known(known_failing, features, contract_ids()) if known_failing else frozenset()
    except (NothingSelected, BadList) as error:
        raise click.UsageError(str(error)) from error
    if bool(urls) == bool(command):
        raise click.UsageError("give the URL of a server, or --exec to start one")
    compared = _read_compared(options["compare"])
    _check_files(options)
    source = _source(options)
    transports = _TRANSPORTS[options["transport"]]
    plan = Plan(
        urls=tuple(url.rstrip("/") for url in urls),
        source=source,
        selection=selection,
        transports=transports,  # type: ignore[arg-type]  # of the table above
        timeouts=options["timeouts"] or Timeouts(),
        patience=options["patience"],
        jobs=options["jobs"],
        known=known,
        options=_again(options, command),
    )
    try:
        run = _run(plan, features, command, Tree(console, chosen, len(transports), quiet=options["quiet"]), nodes)
        summary(console, run, options["show"])
    except NotStarted as error:
        _end_inconclusive(str(error))
    except KeyboardInterrupt:
        _end_inconclusive("the run was interrupted, and no report is written")
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # The remaining output goes nowhere.
        _end_inconclusive(f"standard output cannot be written: {error.strerror}")
    _write(run, features.folder, options, compared)
    sys.exit(run.exit_status)


def _end_inconclusive(why: str) -> NoReturn:
    """Exit when no server could be judged. click's own status 1 would mean an unmet MUST."""
    click.echo(f"INCONCLUSIVE: {why}", err=True)
    sys.exit(EXIT_STATUS[Verdict.INCONCLUSIVE])


def _server(command: str, plan: Plan, nodes: int) -> Any:
    return started(command, nodes, lambda url: problem_with(url, plan.source, plan.transports[0]))


def _check_checks(selection: Selection) -> None:
    """Refuse ids that are not contract checks: nothing would be run. Raises NothingSelected."""
    ids = contract_ids()
    for id_ in sorted(selection.contract_ids() - set(ids)):
        if not id_.startswith(OF_ITS_OWN):
            raise NothingSelected(f"there is no check {id_!r}; one is {ids[0]}")


def _source(options: dict[str, Any]) -> TokenSource:
    command, hook = options["token_command"], options["token_hook"]
    if command and hook:
        raise click.UsageError("--token-command or --token-hook, not both")
    if hook and ":" not in hook:
        raise click.UsageError(f"--token-hook {hook}: expected module:function")
    secret = "" if command or hook else options["jwt_secret"] or dev_secret() or ""
    if not (secret or command or hook):
        raise click.UsageError("no tokens: give --jwt-secret, --token-command or --token-hook")
    if hook:
        sys.path.insert(0, "")  # the function is looked for here first, as with `python -m`
    source = TokenSource(secret, command or "", hook or "")
    try:
        source.check()
    except NoToken as error:
        raise click.UsageError(str(error)) from error
    return source


def _again(options: dict[str, Any], command: str | None) -> tuple[str, ...]:
    """Return the options that are needed to run against the same server again."""
    found = []
    if command:
        found += ["--exec", shlex.quote(command), "--nodes", str(options["nodes"])]
    for name in ("token_command", "token_hook"):
        if options[name]:
            found += [f"--{name.replace('_', '-')}", shlex.quote(options[name])]
    if options["timeouts"] is not None:
        changed = [f for f in fields(Timeouts) if getattr(options["timeouts"], f.name) != f.default]
        pairs = ",".join(f"{f.name}={getattr(options['timeouts'], f.name):g}" for f in changed)
        found += ["--timeouts", pairs or CONTRACT_TIMEOUTS]
    return tuple(found)


def _run(plan: Plan, features: Suite, command: str | None, tree: Tree, nodes: int) -> Run:
    """Run, and start a server first if there is a command for one. Raises NotStarted."""
    how_it_ended = None
    with ExitStack() as stack:
        stack.enter_context(_ending_in_order())
        if command:
            server = stack.enter_context(_server(command, plan, nodes))
            plan = replace(plan, urls=tuple(server.urls), restart=server.restart)
            how_it_ended = server.how_it_ended
        _head(tree.console, plan, features)
        with tree:
            return conform(plan, features, tree.tell, how_it_ended)


def _head(console: Console, plan: Plan, features: Suite) -> None:
    what = f"{len(plan.selection.of(features))} scenarios over {' and '.join(plan.transports)}"
    console.print(Text(f"Conformance of {', '.join(plan.urls)}: {what}", style="bold"), soft_wrap=True)


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """Treat a terminating signal like Ctrl-C: end the started processes, and write the reports."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# Reports


def _to_stdout(options: dict[str, Any]) -> bool:
    """Whether a report goes to standard output, which then gets nothing else."""
    return STDOUT in [str(options[name]) for name in REPORTS]


def _read_compared(files: tuple[Path, ...]) -> tuple[Run, ...]:
    """Read the runs to compare with. Refuses files that are not reports."""
    from realtime_contracts.conform.reports.json_report import read  # noqa: PLC0415 - as in `write`

    runs = []
    for file in files:
        try:
            runs.append(read(file.read_bytes()))
        except ValueError as error:
            raise click.UsageError(f"--compare {file}: {error}") from error
    return tuple(runs)


def _check_files(options: dict[str, Any]) -> None:
    """Refuse files that cannot be written."""
    for name in REPORTS:
        file = options[name]
        if file is None or str(file) == STDOUT:
            continue
        if not file.parent.is_dir():
            raise click.UsageError(f"{file} cannot be written: there is no folder {file.parent}")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise click.UsageError(f"{file} cannot be written: that is not allowed here")


def _write(run: Run, features: Path, options: dict[str, Any], compared: tuple[Run, ...]) -> None:
    """Write all requested reports, as far as possible. Raises UsageError for those that failed."""
    problems = []
    for name in REPORTS:
        if options[name] is None:
            continue
        try:
            with click.open_file(str(options[name]), "wb") as file:
                file.write(_rendered(name, run, features, compared))
        except OSError as error:
            problems.append(f"{options[name]} cannot be written: {error.strerror}")
    if problems:
        raise click.UsageError("\n".join(problems))


def _rendered(name: str, run: Run, features: Path, compared: tuple[Run, ...]) -> bytes:
    """Return a report by its option. Each renderer is imported when needed, because few runs need the templates."""
    match name:
        case "html":
            from realtime_contracts.conform.reports.html import html  # noqa: PLC0415 - as above

            return html(run, *compared).encode()
        case "junit":
            from realtime_contracts.conform.reports.junit import junit  # noqa: PLC0415 - as above

            return junit(run).encode()
        case "json":
            from realtime_contracts.conform.reports.json_report import json_report  # noqa: PLC0415 - as above

            return json_report(run)
        case _:
            from realtime_contracts.conform.reports.messages import messages  # noqa: PLC0415 - as above

            patterns = [(step.kind, step.pattern.pattern) for step in DEFINITIONS]
            return "".join(messages(run, features, patterns)).encode()
