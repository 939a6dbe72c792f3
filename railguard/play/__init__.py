"""Floor 6: the playground, a page in the browser for editing a spec and seeing its effect. `railguard play` starts it.

play_settings.py   what the command line said         playground_server.py  the port, the address
playground_app.py  what the page may ask for          access.py             who may ask
edited_files.py    the files that may be edited       jobs.py               the jobs
workers.py         processes, stopped when late       worker.py             the other side of one
case_lines.py      stored answers and their verdicts  dry_run.py            the request that would be sent
call_view.py       a call as the page shows it        round_tree.py         a round's value, and what became of it
static/            the page                           web/                  what its editor is built from
"""

from railguard.play.edited_files import MOST, Conflict, OpenFile
from railguard.play.play_settings import Settings
from railguard.play.playground_server import address, listen_on_loopback, serve_playground

__all__ = ["MOST", "Conflict", "OpenFile", "Settings", "address", "listen_on_loopback", "serve_playground"]
