# SPDX-License-Identifier: Apache-2.0
"""Several clients at once."""
import threading


def together(count, work):
    """Runs work(0) ... work(count - 1) in a thread each and returns what they returned; the first error is raised."""
    results, errors = [None] * count, []

    def run(number):
        try:
            results[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
