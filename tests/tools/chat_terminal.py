# SPDX-License-Identifier: Apache-2.0
"""`tritium chat` on a terminal: chat_terminal.py PROGRAM MODEL. Types into a pseudo-terminal: edits a
line, stops a reply with Ctrl-C, gives a line up, recalls one, and ends with Ctrl-D. Exits 1 when the
program does anything else."""
import os, pty, select, sys, time

program, model = sys.argv[1:3]
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "vt100"
    os.execv(program, [program, "chat", "-m", model, "-n", "400", "--seed", "4", "--device", "ref"])


def read_until(what, seconds=60):
    seen, end = b"", time.time() + seconds
    while time.time() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
        if what(seen):
            return seen
    sys.exit("timed out; seen so far: %r" % seen[-400:])


def prompt(seen):
    return seen.rstrip(b" ").endswith(b">") or seen.endswith(b"> ")


def type_in(text):
    time.sleep(0.3)  # the editor takes the terminal over just after it has shown its prompt
    os.write(terminal, text)


read_until(prompt)
type_in(b"Who was the quXX\x7f\x7feen?\r")          # backspace edits
read_until(lambda s: prompt(s) and s.count(b"\n") >= 2)
type_in(b"half a line\x03")                          # Ctrl-C gives it up
read_until(lambda s: s.count(b"\n") >= 1 and prompt(s))
type_in(b"\x1b[A\r")                                 # the line before comes back
seen = read_until(lambda s: s.count(b"\n") >= 2 and prompt(s))
assert b"Who was the queen?" in seen, seen
type_in(b"/reset\r")
read_until(prompt)
type_in(b"Tell me a long story\r")
read_until(lambda s: s.count(b"\n") >= 1 and len(s) > 30)
os.write(terminal, b"\x03")                          # Ctrl-C stops the reply, or gives an empty line up
read_until(prompt)
type_in(b"\x04")                                     # Ctrl-D ends
_, status = os.waitpid(child, 0)
sys.exit(0 if os.waitstatus_to_exitcode(status) == 0 else "exit status %d" % status)
