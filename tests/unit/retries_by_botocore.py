#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""retries_by_botocore.py PROGRAM: has PROGRAM and botocore judge the same failures, and pace the same
requests at random times, and compares what they make of them. Left out is what the SDKs disagree
about: 429 without a code, the codes InternalError and IDPCommunicationError, and the price of a
connection that is lost but not for its time. Exit status 77 where there is no botocore."""

import itertools
import math
import random
import subprocess
import sys
from types import SimpleNamespace

try:
    from botocore import retryhandler, translate
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
    from botocore.loaders import Loader
    from botocore.retries import adaptive, bucket, standard, throttling
except ImportError:
    print("skipped: this Python has no botocore")
    sys.exit(77)

STATUSES = [200, 301, 400, 403, 404, 408, 409, 429, 500, 501, 502, 503, 504, 505, 509]
CODES = ["", "RequestTimeout", "RequestTimeoutException", "ResourceNotFoundException", "Unheard",
         "ExpiredTokenException", "InvalidSignatureException", "ReplicatedWriteConflictException",
         *standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES]


def ask(program, lines):
    output = subprocess.run([program], input="\n".join(lines) + "\n", check=True, text=True,
                            stdout=subprocess.PIPE).stdout.splitlines()
    assert len(output) == len(lines), (len(output), len(lines))
    return output


def context(status, code, exception=None):
    response = SimpleNamespace(status_code=status, headers={})
    operation = SimpleNamespace(error_shapes=[], name="RotateTunnelAccessToken",
                                service_model=SimpleNamespace(service_name="iotsecuretunneling"))
    return standard.RetryContext(
        1, operation_model=operation, http_response=None if exception else response,
        parsed_response=None if exception else {"Error": {"Code": code}}, caught_exception=exception)


def legacy_checker():
    data = Loader().load_data("_retry")
    config = translate.build_retry_config("api.tunneling.iot", data["retry"], data["definitions"])
    return retryhandler.create_checker_from_retry_config(config)


def compare_failures(program):
    """Which are tried again, by both modes, and which are throttling."""
    conditions = standard.StandardRetryConditions()
    throttled = standard.ThrottledRetryableChecker()
    checker = legacy_checker()
    failures = [(0, "")] + list(itertools.product(STATUSES, CODES))
    answers = ask(program, [f"error {status} {code}" for status, code in failures])
    for (status, code), answer in zip(failures, answers):
        exception = ConnectionClosedError(endpoint_url="http://a") if status == 0 else None
        it = context(status, code, exception)
        reason = "none"
        if conditions.is_retryable(it):
            reason = "throttling" if throttled.is_retryable(it) else "transient"
        response = None if exception else (it.http_response, it.parsed_response)
        is_legacy = checker(attempt_number=1, response=response, caught_exception=exception,
                            retries_context={})
        ours, ours_legacy = answer.split()
        if status != 429:
            assert ours == reason, (status, code, ours, reason)
        # A 409 for conflicting writes is on newer lists; this service has none.
        if code != "ReplicatedWriteConflictException" or status != 409:
            assert (ours_legacy != "none") == is_legacy, (status, code, ours_legacy, is_legacy)
    return len(failures)


def compare_costs(program):
    quota = standard.RetryQuotaChecker(standard.quota.RetryQuota())
    cases = [(0, ""), (500, ""), (400, "ThrottlingException"), (403, "ExpiredTokenException")]
    for (status, code), answer in zip(cases, ask(program, [f"cost {s} {c}" for s, c in cases])):
        exception = ReadTimeoutError(endpoint_url="http://a") if status == 0 else None
        before = quota._quota.available_capacity
        assert quota.acquire_retry_quota(context(status, code, exception))
        paid = before - quota._quota.available_capacity
        new = 5 if "Throttling" in code else getattr(quota, "_RETRY_COST_V2", 14)
        base = 1000 if "Throttling" in code else 50
        assert answer == f"{paid} 1000 {new} {base}", (status, code, answer)


class Clock(bucket.Clock):
    def __init__(self, now):
        self.now = now

    def current_time(self):
        return self.now


class Pace:
    """botocore's rate limiter, with a clock that the test moves."""

    def __init__(self, now):
        self.clock = Clock(now)
        self.bucket = bucket.TokenBucket(max_rate=1, clock=self.clock)
        self.rates = adaptive.RateClocker(self.clock)
        self.limiter = adaptive.ClientRateLimiter(
            rate_adjustor=throttling.CubicCalculator(starting_max_rate=0, start_time=now),
            rate_clocker=self.rates, token_bucket=self.bucket,
            throttling_detector=SimpleNamespace(is_throttling_error=lambda throttled: throttled),
            clock=self.clock)

    def wait(self):
        """What it would sleep for a token, or 0, and the token is taken."""
        if not self.limiter._enabled:
            return 0
        self.bucket._refill()
        if self.bucket.available_capacity >= 1:
            self.bucket.acquire(block=False)
            return 0
        return self.bucket._sleep_amount(1)

    def answer(self, throttled):
        self.limiter.on_receiving_response(throttled=throttled)
        return self.rates.measured_rate, self.bucket.max_rate


def compare_pace(program, seed):
    """Random requests, answers and throttling; waits that are kept, or half of them."""
    rng = random.Random(seed)
    now = rng.choice([0, 1_000, 1_767_225_600_123])
    pace = Pace(now / 1000)
    lines, expected = [f"acquire {now}"], [0]
    share, gap = rng.random() * 0.5, rng.choice([20, 200, 2_000])
    for _ in range(400):
        now += rng.randrange(gap)
        pace.clock.now = now / 1000
        wait = pace.wait()
        lines.append(f"acquire {now}")
        expected.append(wait)
        if wait > 0:
            now += rng.choice([math.floor(wait * 1000) + 1, math.floor(wait * 500)])
            continue
        now += rng.randrange(gap)
        pace.clock.now = now / 1000
        throttled = rng.random() < share
        lines.append(f"{'throttled' if throttled else 'other'} {now}")
        expected.append(pace.answer(throttled))
    for line, answer, want in zip(lines, ask(program, lines), expected):
        if line.startswith("acquire"):
            # Whole milliseconds, and never less.
            assert 0 <= int(answer) - want * 1000 <= 1.001, (seed, line, answer, want)
        else:
            for ours, theirs in zip(map(float, answer.split()), want):
                assert math.isclose(ours, theirs, rel_tol=1e-6), (seed, line, answer, want)
    return len(lines)


def main():
    program = sys.argv[1]
    failures = compare_failures(program)
    compare_costs(program)
    events = sum(compare_pace(program, seed) for seed in range(60))
    print(f"{failures} failures and {events} requests and answers are judged as by botocore")


main()
