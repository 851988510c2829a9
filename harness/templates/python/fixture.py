"""A fixture: the program that sigconform plays its scenarios on. Put your own event loop where asyncio stands.

`fixture.py describe` says what is under test, `fixture.py run` plays one scenario; `main` does both. Say nothing on
standard output yourself: it belongs to the protocol. Standard error is free.
"""

import asyncio
import platform
import sys

from sigconform_fixture import Backend, main

# The page of the documentation that promises something. Each claim has its own; what no page says is left out.
PAGE = "https://docs.python.org/3/library/asyncio-eventloop.html#unix-signals"


class Mine(Backend):
    @staticmethod
    def description():
        return {
            "name": "mine",  # for reports: lower-case letters, digits, hyphens
            "library": "asyncio's loop.add_signal_handler",
            "version": platform.python_version(),
            "claims": {
                # Handlers run on the sender's thread and only while it yields; anywhere else: "concurrently".
                "handlers_run": {"value": "sender-thread", "source": PAGE},
                # A second handler for a signal takes the place of the first; else "both" or "refused".
                "second_handler": {"value": "replaces", "source": PAGE},
            },
        }

    def block_on(self, player):
        """Runs the coroutine function on a new loop to its end, and closes the loop."""

        async def enter():
            self.loop = asyncio.get_running_loop()
            self.progressed = asyncio.Event()
            await player()

        asyncio.run(enter())

    def add_handler(self, number, handler):
        """Has the loop call `handler` for each signal; an exception is a refusal, in the library's own words."""

        def callback():
            handler()
            self.progressed.set()

        self.loop.add_signal_handler(number, callback)
        return number  # whatever remove_handler takes

    def remove_handler(self, number):
        self.loop.remove_signal_handler(number)

    def add_task(self, task):
        """Calls `task` once a turn of the loop as long as it returns true."""

        def turn():
            again = task()
            self.progressed.set()
            if again:
                self.loop.call_soon(turn)

        self.loop.call_soon(turn)

    async def yield_until(self, done):
        """Lets the loop run until `done()`. Nothing but the loop may end the wait: no timeout, no timer."""
        while not done():
            self.progressed.clear()
            await self.progressed.wait()

    async def settle(self, seconds):
        """Lets the loop run for a moment in which nothing is expected, so that what is too much shows."""
        await asyncio.sleep(seconds)


sys.exit(main(Mine))
