"""`realtime conform`: the features against anyone's server."""

from __future__ import annotations

import contextlib
import errno
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
from realtime_contracts.conform.reports.terminal import Tree, summary
from realtime_contracts.conform.requirements import BrokenFeatures, Suite, suite
from realtime_contracts.conform.results import EXIT_STATUS, Run, Verdict
from realtime_contracts.conform.running.assembly import contract_ids
from realtime_contracts.conform.running.known import OF_ITS_OWN, BadList, read_known
from realtime_contracts.conform.running.launch import NotStarted, started
from realtime_contracts.conform.running.listing import listing
from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.conform.running.options import CONTRACT_TIMEOUTS, SecondsRange, TimeoutsOption
from realtime_contracts.conform.running.output import Output, check_files, read_compared, to_stdout, write
from realtime_contracts.conform.running.plan import Plan
from realtime_contracts.conform.running.probe import problem_with
from realtime_contracts.conform.running.selection import NothingSelected, Selection
from realtime_contracts.conform.running.session import conform
from realtime_contracts.conform.tags import LEVELS
from realtime_contracts.wire.timeouts import Timeouts

#: Seconds that a run waits for what should come at once. A server that needs longer is not realtime.
PATIENCE_SECONDS = 5.0
#: Failures that the terminal tells in full.
SHOWN = 5

_TRANSPORTS = {"websocket": ("websocket",), "polling": ("polling",), "both": ("websocket", "polling")}


def _file(name: str, what: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help=what)


@click.command(name="conform")
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option(
    "--jwt-secret",
    envvar="JWT_SECRET_KEY",
    help="HS256 secret of the server [env: JWT_SECRET_KEY]; else `realtime serve --dev`'s, where it keeps it.",
)
@click.option(
    "--token-command", metavar="COMMAND", help="Reads a token's claims as JSON on stdin, and prints the token."
)
@click.option(
    "--token-hook", metavar="MODULE:FUNCTION", help="A Python function of a token's claims that returns the token."
)
@click.option("--exec", "command", metavar="'CMD {port}'", help="Start this server for the run, and end it after.")
@click.option(
    "--nodes",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="With --exec: how many of it, as one cluster.",
)
@click.option(
    "--select",
    "words",
    multiple=True,
    metavar="ID|TAGS",
    help="presence/3.2, presence/7.1#3, presence, contract/server/error, or '@rooms and not @slow'; may be repeated.",
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="may",
    show_default=True,
    help="The least binding level that is tried.",
)
@click.option("--transport", type=click.Choice(list(_TRANSPORTS)), default="websocket", show_default=True)
@click.option(
    "--timeouts",
    type=TimeoutsOption(),
    help="What the server runs with, in seconds: away=2,offline=3; or `contract`. Without it, what waits is skipped.",
)
@click.option("--skip-slow", is_flag=True, help="Leave out what waits for the server's timeouts, whatever they are.")
@click.option(
    "--patience",
    type=SecondsRange(0.1, 60),
    default=PATIENCE_SECONDS,
    show_default=True,
    help="Seconds to wait for what should come at once.",
)
@click.option("--jobs", type=click.IntRange(1, 32), default=4, show_default=True, help="Scenarios at the same time.")
@click.option(
    "--known-failing",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Ids, one a line, that are expected to fail; one that passes is a failure.",
)
@_file("html", "Write the report as one page.")
@_file("junit", "Write it for CI.")
@_file("json", "Write everything that was found, by its own schema.")
@_file("messages", "Write Cucumber Messages.")
@click.option(
    "--compare",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="JSON",
    help="The --json of another run, to stand beside this one in --html; may be repeated.",
)
@click.option(
    "--show", type=click.IntRange(0), default=SHOWN, show_default=True, help="Failures that are told in full here."
)
@click.option("--quiet", is_flag=True, help="Of the tree, only what is not met.")
@click.option("--list", "list_only", is_flag=True, help="Print the requirements that would be tried, and end.")
def conform_command(
    urls: tuple[str, ...],
    command: str | None,
    list_only: bool,  # noqa: FBT001 - click's way
    known_failing: Path | None,
    **options: Any,
) -> None:
    """Hold a server against the contract: any server, in any language.

    URL is the root of the server under test; several are the nodes of one cluster. The exit status is by the worst
    that was found: 0 all is met, 1 a MUST is not, 3 a SHOULD is not, 4 nothing certain can be said, 5 nothing was
    tried; 2 is a wrong command line.
    """
    try:
        features = suite()
    except BrokenFeatures as error:
        _end_inconclusive(f"the features cannot be run:\n{error}")
    nodes = len(urls) or options["nodes"]
    slow_unknown = options["timeouts"] is None
    selection = Selection(options["words"], options["level"], options["skip_slow"] or slow_unknown, nodes)
    # Whoever has a report printed wants nothing else there.
    console = Output(highlight=False, stderr=to_stdout(options))
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
    compared = read_compared(options["compare"])
    check_files(options)
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be printed goes nowhere
        _end_inconclusive(f"nobody can read what was found: {error.strerror}")
    write(run, features.folder, options, compared)
    sys.exit(run.exit_status)


def _end_inconclusive(why: str) -> NoReturn:
    """End where nothing can be said of any server. Not as click does: its 1 is a MUST that is not met."""
    click.echo(f"INCONCLUSIVE: {why}", err=True)
    sys.exit(EXIT_STATUS[Verdict.INCONCLUSIVE])


def _server(command: str, plan: Plan, nodes: int) -> Any:
    return started(command, nodes, lambda url: problem_with(url, plan.source, plan.transports[0]))


def _check_checks(selection: Selection) -> None:
    """Refuse what is no check of the contract: of those nothing would be tried. Raises NothingSelected."""
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
    """The options that belong to the server: what it takes to ask the same of it again."""
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
    """Run it, with a server of its own if there is a command for one. Raises NotStarted."""
    last_words = None
    with ExitStack() as stack:
        stack.enter_context(_ending_in_order())
        if command:
            server = stack.enter_context(_server(command, plan, nodes))
            plan = replace(plan, urls=tuple(server.urls), revive=server.revive)
            last_words = server.last_words
        _head(tree.console, plan, features)
        with tree:
            return conform(plan, features, tree.tell, last_words)


def _head(console: Console, plan: Plan, features: Suite) -> None:
    what = f"{len(plan.selection.of(features))} scenarios over {' and '.join(plan.transports)}"
    console.print(Text(f"Conformance of {', '.join(plan.urls)}: {what}", style="bold"), soft_wrap=True)


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let a signal that ends the process do it as Ctrl-C does: what was started is ended, what was found is told."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
