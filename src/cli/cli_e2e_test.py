#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program as its users see it: exit codes, error texts, streams, precedence, completions.

usage: cli_e2e_test.py MATOME [unittest arguments]
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

MATOME = pathlib.Path(sys.argv.pop(1)).resolve()
ABSENT = "99999999-0000-4000-8000-000000000009"
SUMMARY = "reporting_ocpusagelineitem_daily_summary"
# Settings of the machine that runs the test must not reach the program.
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith(("MATOME_", "S3_", "AWS_", "PG", "DATABASE_"))}
CLEAN |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}


def matome(*arguments, cwd, env=None, **options):
    return subprocess.run([MATOME, *arguments], cwd=cwd, env={**CLEAN, **(env or {})}, text=True,
                          capture_output=True, check=False, **options)


def generate(lake, *arguments):
    run = matome("generate", "--nodes", "2", "--pods-per-node", "6", "--namespaces", "3", "--days", "3",
                 "--month", "2025-10", "--output", lake, "--quiet", *arguments, cwd=lake.parent)
    if run.returncode != 0:
        raise RuntimeError(run.stderr)


class EndToEnd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="matome-e2e-"))
        cls.lake = cls.shared / "lake"
        generate(cls.lake, "--clusters", "1")
        cls.two = cls.shared / "two"
        generate(cls.two, "--clusters", "2")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared)

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="matome-e2e-"))
        (self.dir / "lake").symlink_to(self.lake)
        self.addCleanup(shutil.rmtree, self.dir)

    def run_ok(self, *arguments, code=0, **options):
        run = matome(*arguments, cwd=self.dir, **options)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run

    def fails(self, code, *arguments, **options):
        """The one message of a run that has no result."""
        run = self.run_ok(*arguments, code=code, **options)
        self.assertEqual(run.stdout, "")
        self.assertTrue(run.stderr.startswith("matome: "), run.stderr)
        return run.stderr.removeprefix("matome: ").rstrip("\n")

    def days(self, output="summary", name="part-0.parquet"):
        root = self.dir / output / SUMMARY
        return sorted(path.parent.name for path in root.glob(f"source=*/year=2025/month=10/day=*/{name}"))

    def sources(self, lake):
        return sorted(path.name.removeprefix("source=")
                      for path in (lake / "data/parquet/daily/org1234567/OCP/pod_usage").iterdir())

    # Help and versions

    def test_help_and_version_are_results(self):
        for arguments in (["help"], ["--help"], ["help", "summarize"], ["summarize", "-h"], ["help", "settings"]):
            run = self.run_ok(*arguments)
            self.assertIn("--", run.stdout)
            self.assertEqual(run.stderr, "")
        self.assertRegex(self.run_ok("--version").stdout, r"^matome \d+\.\d+\.\d+\n  arrow +\d+")
        self.assertRegex(self.run_ok("version").stdout, r"(?m)^  libcurl +\d+\.[\s\S]*^  libpq +\d+\.")
        self.assertEqual(self.run_ok("version").stdout, self.run_ok("--version").stdout)

    def test_no_command_is_a_usage_error(self):
        run = self.run_ok(code=2)
        self.assertEqual(run.stdout, "")
        self.assertIn("usage: matome COMMAND", run.stderr)

    def test_help_fits_100_columns(self):
        for topic in ("summarize", "plan", "generate", "forget", "doctor", "reference", "completion", "settings"):
            for line in self.run_ok("help", topic).stdout.splitlines():
                self.assertLessEqual(len(line), 135 if topic == "settings" else 100, line)

    # Usage errors

    def test_mistyped_names_get_a_suggestion(self):
        self.assertEqual(self.fails(2, "summarise"), 'unknown command "summarise"; did you mean "summarize"?')
        self.assertEqual(self.fails(2, "summarize", "--thread", "1"),
                         "unknown option --thread; did you mean --threads?")
        self.assertEqual(self.fails(2, "summarize", "--threads", "0"), '--threads: "0" is less than 1')
        self.assertEqual(self.fails(2, "summarize", "--threads", "1", "--threads", "1"), "--threads is given twice")
        self.assertEqual(self.fails(2, "summarize", "--source", "x"), '--source: "x" is not a UUID')

    def test_a_lake_that_is_not_there(self):
        self.assertIn("the lake ./none does not exist", self.fails(2, "summarize", "./none"))
        (self.dir / "empty").mkdir()
        self.assertIn("./empty holds no OpenShift reports", self.fails(2, "summarize", "./empty"))
        (self.dir / "file").write_text("x")
        self.assertIn("is not a directory", self.fails(2, "summarize", "./file"))

    # S3

    def test_addresses_of_s3_that_cannot_be(self):
        self.assertEqual(self.fails(2, "summarize", "s3a://b"),
                         "--input: s3a://b: only directories and s3://bucket[/prefix] are read")
        self.assertIn("names no bucket", self.fails(2, "plan", "s3://"))
        self.assertIn("only directories, s3://bucket[/prefix] and postgresql:// are written",
                      self.fails(2, "summarize", "--output", "gs://b"))
        self.assertIn("directories only", self.fails(2, "generate", "--output", "s3://b"))
        error = self.fails(2, "summarize", "s3://key:hush@b")
        self.assertIn("MATOME_S3_SECRET_KEY", error)
        self.assertNotIn("hush", error)
        (self.dir / "m.yaml").write_text("s3:\n  endpoint: h\n")
        self.assertIn("m.yaml:2:13: s3.endpoint: a store at S3 is described and no bucket of it",
                      self.fails(78, "summarize", "--config", "m.yaml"))

    def test_settings_around_for_others_do_not_change_the_input(self):
        self.run_ok("summarize", "--dry-run",
                    env={"AWS_REGION": "x", "S3_ENDPOINT": "y", "S3_BUCKET_NAME": "b", "PGHOST": "z"})

    def test_a_store_that_is_not_there(self):
        (self.dir / "m.yaml").write_text("s3: {bucket: b, endpoint: 'http://127.0.0.1:1'}\nrequest_timeout: 1\n")
        keys = {"S3_ACCESS_KEY": "key", "S3_SECRET": "hush"}
        for command in ("summarize", "plan"):
            error = self.fails(10, command, "--config", "m.yaml", env=keys)
            self.assertIn("s3://b/data/parquet/daily/: listing failed", error)
            self.assertNotIn("hush", error)
        self.assertIn("no credentials for S3: looked at", self.fails(10, "plan", "--config", "m.yaml"))
        run = self.run_ok("doctor", "--config", "m.yaml", env=keys, code=10)
        self.assertRegex(run.stdout, r"(?m)^fail  connection to 127.0.0.1:1: ")
        self.assertNotIn("lake", run.stdout)

    def test_an_unchecked_certificate_is_warned_of(self):
        self.assertIn("warning: INSECURE: --s3-insecure",
                      self.run_ok("summarize", "--s3-insecure", "--input", "lake", "--quiet").stderr)

    def test_keys_among_the_arguments_are_hidden(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            with subprocess.Popen([MATOME, "plan", "s3://b", "--s3-access-key=key1", "--s3-secret-key", "hush1",
                                   "--s3-session-token", "hush2",
                                   "--s3-endpoint", f"http://127.0.0.1:{server.getsockname()[1]}"],
                                  cwd=self.dir, env=CLEAN, stderr=subprocess.DEVNULL) as process:
                with server.accept()[0] as connection:
                    connection.recv(1)
                    line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
                    process.terminate()
        self.assertIn(b"--s3-secret-key\0*****\0", line)
        self.assertNotIn(b"hush", line)
        self.assertNotIn(b"key1", line)

    # PostgreSQL

    def test_with_a_database_the_schema_must_be_given(self):
        for arguments in (["--output", "postgresql://host/db"], ["--config", "m.yaml"]):
            (self.dir / "m.yaml").write_text("postgresql:\n  host: h\n")
            self.assertIn("with PostgreSQL --schema must be given", self.fails(2, "summarize", *arguments))

    def test_a_reference_file_and_a_database_contradict_each_other(self):
        self.assertIn("--reference: with a PostgreSQL output", self.fails(
            2, "summarize", "--schema", "org1234567", "--output", "postgresql://h/db", "--reference", "r.yaml"))

    def test_no_server_is_12_and_no_password_is_told(self):
        url = "postgresql://me:hushhush@127.0.0.1:1/db?connect_timeout=1"
        for command in (["summarize"], ["plan"], ["doctor"], ["forget", "--source", ABSENT],
                        ["reference", "export", url, "--source", ABSENT]):
            target = [] if "export" in command else ["--output", url]
            target += ["--retry-timeout", "0"] if command[0] in ("summarize", "forget") else []
            run = self.run_ok(*command, *target, "--schema", "org1234567", code=12)
            self.assertNotIn("hushhush", run.stdout + run.stderr, command)
        run = self.run_ok("summarize", "--schema", "org1234567", "--output", url, "--json", "--run-report", "r.json",
                          "--retry-timeout", "0", code=12)
        self.assertNotIn("hushhush", run.stdout + run.stderr + (self.dir / "r.json").read_text())
        self.assertNotIn("hushhush", self.fails(2, "reference", "export", url, url))

    def test_the_password_is_not_in_the_process_list(self):
        with socket.create_server(("127.0.0.1", 0)) as server:  # Takes connections and says nothing.
            url = f"postgresql://me:hushhush@127.0.0.1:{server.getsockname()[1]}/db?password=hushhush"
            process = subprocess.Popen([MATOME, "summarize", f"--output={url}", "--schema", "org1234567"],
                                       cwd=self.dir, env=CLEAN, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                with server.accept()[0] as connection:
                    connection.recv(1)
                    line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
            finally:
                process.kill()
                process.wait()
            self.assertIn(b"postgresql://me:", line)
            self.assertNotIn(b"hush", line)

    def test_doctor_says_what_is_wrong_and_exits_with_it(self):
        run = self.run_ok("doctor")
        self.assertRegex(run.stdout, r"(?m)^ok    lake: ")
        self.assertIn("0 failed", run.stdout)
        run = self.run_ok("doctor", "./none", code=2)
        self.assertRegex(run.stdout, r"(?m)^fail  lake: the lake ./none does not exist")
        run = self.run_ok("doctor", "--threads", "many", "--json", code=2)
        self.assertEqual(json.loads(run.stdout)["checks"][0]["verdict"], "fail")
        (self.dir / "m.yaml").write_text("thread: 2\n")
        run = self.run_ok("doctor", "--config", "m.yaml", code=78)
        self.assertIn('unknown key "thread"', run.stdout)
        self.assertIn("fail  configuration", self.run_ok("doctor", "--output", "gs://b", code=2).stdout)
        run = self.run_ok("doctor", env={"MATOME_THREAD": "2"})
        self.assertRegex(run.stdout, r"(?m)^warn  configuration: nothing reads the variable MATOME_THREAD")

    def test_what_the_lake_does_not_hold_is_listed(self):
        source = self.sources(self.lake)[0]
        self.assertEqual(self.fails(2, "summarize", "--source", ABSENT),
                         f"./lake holds no source {ABSENT}, only:\n  {source}")
        self.assertEqual(self.fails(2, "summarize", "--schema", "org9"),
                         "./lake holds no schema org9, only:\n  org1234567")

    def test_several_sources_need_a_choice(self):
        one, two = self.sources(self.two)
        self.assertEqual(self.fails(2, "summarize", self.two),
                         f"{self.two} holds 2 sources; choose one with --source, or take them all with "
                         f"--all-sources:\n  {one}\n  {two}")
        self.assertIn("summarise them one by one",
                      self.fails(2, "summarize", self.two, "--all-sources", "--cluster-id", "c"))

    def test_days_must_make_sense(self):
        self.assertIn("go together", self.fails(2, "summarize", "--start", "2025-10-01"))
        self.assertIn("is after the end", self.fails(2, "summarize", "--start", "2025-10-02", "--end", "2025-10-01"))
        self.assertIn("is given too", self.fails(2, "summarize", "--month", "2025-10", "--start", "2025-10-02",
                                                 "--end", "2025-10-03"))

    # Configuration

    def test_configuration_errors_name_the_place(self):
        (self.dir / "m.yaml").write_text("threads: 1\nformt: csv\n")
        self.assertEqual(self.fails(78, "summarize", "--config", "m.yaml"),
                         'm.yaml:2:1: unknown key "formt"; did you mean "format"?')
        (self.dir / "m.yaml").write_text("threads: many\n")
        self.assertEqual(self.fails(78, "summarize", "--config", "m.yaml"),
                         'm.yaml:1:10: threads: "many" is not a whole number')
        self.assertEqual(self.fails(78, "summarize", env={"MATOME_THREADS": "many"}),
                         'MATOME_THREADS: "many" is not a whole number')
        self.assertIn("cannot read none.yaml", self.fails(2, "summarize", "--config", "none.yaml"))

    def test_reference_errors_name_the_place(self):
        (self.dir / "r.yaml").write_text("cluster_id: c\nnodes: n1\n")
        self.assertEqual(self.fails(78, "summarize", "--reference", "r.yaml"),
                         'r.yaml:2:8: nodes: expected a list, found "n1"')
        self.assertIn("cannot read none.yaml", self.fails(2, "summarize", "--reference", "none.yaml"))

    def test_flag_beats_variable_beats_file(self):
        (self.dir / "m.yaml").write_text("format: csv\noutput: from-file\ncluster_id: file\n")
        env = {"MATOME_CONFIG": "m.yaml", "MATOME_OUTPUT": "from-variable", "MATOME_CLUSTER_ID": "variable"}
        run = self.run_ok("summarize", "--json", "--cluster-id", "flag", env=env)
        result = json.loads(run.stdout)
        self.assertEqual(result["output"], "from-variable")
        self.assertEqual(result["sources"][0]["cluster_id"], "flag")
        self.assertEqual(len(self.days("from-variable", "part-0.csv")), 3)

    # Summaries

    def test_summarize_with_all_defaults(self):
        run = self.run_ok("summarize", "--quiet")
        self.assertEqual(run.stderr, "")
        self.assertRegex(run.stdout, r"(?m)^10-01 .*\d")
        self.assertRegex(run.stdout, r"(?m)^total ")
        self.assertRegex(run.stdout, r"rows read, [\d,]+ written in .* rows/s, peak memory ")
        self.assertTrue(run.stdout.endswith("done: 3 days written; output in ./summary\n"), run.stdout)
        self.assertLessEqual(max(map(len, run.stdout.splitlines())), 100)
        self.assertEqual(self.days(), ["day=1", "day=2", "day=3"])
        # Without tag keys the run ends by naming some.
        self.assertIn("--tag-keys", run.stdout)
        again = self.run_ok("summarize", "--quiet")
        self.assertTrue(again.stdout.endswith("done: 3 days unchanged; output in ./summary\n"), again.stdout)
        forced = self.run_ok("summarize", "--quiet", "--force", "--tag-keys", "app")
        self.assertTrue(forced.stdout.endswith("done: 3 days written; output in ./summary\n"), forced.stdout)
        self.assertNotIn("hint:", forced.stdout)

    def test_json_is_the_only_thing_on_stdout(self):
        run = self.run_ok("summarize", "--json")
        result = json.loads(run.stdout)
        source = result["sources"][0]
        self.assertEqual(source["source"], self.sources(self.lake)[0])
        self.assertEqual([day["state"] for day in source["days"][:4]], ["written"] * 3 + ["empty"])
        self.assertEqual(len(source["days"]), 31)
        self.assertEqual(result["totals"]["rows_written"],
                         sum(sum(day["rows"].values()) for day in source["days"]))
        self.assertGreater(source["days"][0]["cpu_core_hours"]["capacity"], 0)
        self.assertGreater(result["totals"]["peak_memory_bytes"], 1 << 20)

    def test_dry_run_writes_nothing(self):
        run = self.run_ok("summarize", "--dry-run")
        self.assertTrue(run.stdout.endswith("done: 3 days would be written; dry run, nothing was written\n"),
                        run.stdout)
        self.assertFalse((self.dir / "summary").exists())

    def test_no_rows_is_a_warning_or_exit_4(self):
        run = self.run_ok("summarize", "--month", "2024-01")
        self.assertIn("warning: the lake holds no rows of source", run.stdout.replace("\n  ", " "))
        self.assertTrue(run.stdout.endswith("done: nothing to do; output in ./summary\n"), run.stdout)
        run = self.run_ok("summarize", "--month", "2024-01", "--fail-on-empty", code=4)
        self.assertTrue(run.stdout.endswith("nothing to do (exit 4)\n"), run.stdout)

    def test_all_sources(self):
        result = json.loads(self.run_ok("summarize", self.two, "--all-sources", "--json").stdout)
        self.assertEqual([source["source"] for source in result["sources"]], self.sources(self.two))

    def damaged(self, names):
        """A copy of the lake in which the daily pod files with one of `names` in theirs are cut short."""
        lake = self.dir / "damaged"
        shutil.copytree(self.lake, lake)
        files = [path for path in (lake / "data/parquet/daily").rglob("*.parquet")
                 if "/pod_usage/" in str(path) and any(name in path.name for name in names)]
        self.assertTrue(files)
        for path in files:
            path.write_bytes(path.read_bytes()[:-5])
        return lake

    def test_a_bad_day_fails_and_the_others_are_written(self):
        lake = self.damaged(["2025-10-02"])
        run = self.run_ok("summarize", lake, code=3)
        self.assertEqual(self.days(), ["day=1", "day=3"])
        self.assertIn("2025-10-02 failed", run.stderr)
        self.assertRegex(run.stdout, r"(?m)^10-02 failed, see below$")
        self.assertRegex(run.stdout, r"(?m)^error: 2025-10-02 failed:")
        self.assertTrue(run.stdout.endswith("done in part: 2 days written, 1 failed; output in ./summary (exit 3)\n"))
        self.run_ok("summarize", lake, "--start", "2025-10-02", "--end", "2025-10-02", code=14)
        self.run_ok("summarize", lake, "--on-bad-input", "quarantine", code=3)

    def test_run_report_has_everything_but_secrets(self):
        self.run_ok("summarize", "--run-report", "run.json", "--tag-keys", "app",
                    env={"S3_SECRET": "hush-hush", "PGPASSWORD": "hush-hush"})
        text = (self.dir / "run.json").read_text()
        self.assertNotIn("hush-hush", text)
        result = json.loads(text)
        self.assertEqual(result["parameters"]["tag-keys"], "app")
        self.assertIn("arrow", result["versions"])
        for key in ("objects_read", "bytes_read", "retries", "phase_cpu_seconds", "audit", "warnings"):
            self.assertIn(key, result["sources"][0])
        self.assertIn("cpu_seconds", result["sources"][0]["days"][0])
        self.assertIn("is not a directory", self.fails(2, "summarize", "--run-report", "none/run.json"))

    def test_json_log_has_kokus_keys(self):
        run = self.run_ok("summarize", "--log-format", "json", "--tracing-id", "t-1")
        lines = [json.loads(line) for line in run.stderr.splitlines()]
        self.assertTrue(lines)
        self.assertEqual(lines[0]["tracing_id"], "t-1")
        self.assertEqual(lines[0]["schema"], "org1234567")
        self.assertEqual(lines[0]["provider_uuid"], self.sources(self.lake)[0])
        self.assertEqual(lines[0]["start_date"], "2025-10-01")
        self.assertIn("message", lines[0])

    # Streams

    def test_a_full_stdout_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            run = subprocess.run([MATOME, "summarize", "--quiet"], cwd=self.dir, env=CLEAN, stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot write the result to stdout: No space left on device", run.stderr)

    def test_a_closed_stdout_is_not(self):
        read, write = os.pipe()
        os.close(read)
        run = subprocess.run([MATOME, "summarize", "--quiet"], cwd=self.dir, env=CLEAN, stdout=write,
                             stderr=subprocess.PIPE, text=True, check=False)
        os.close(write)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stderr, "")

    def test_signals_stop_the_run(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with subprocess.Popen([MATOME, "generate", "--profile", "max", "--output", "big"], cwd=self.dir,
                                  env=CLEAN, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
                run.stderr.readline()  # It has begun.
                run.send_signal(number)
                run.communicate()
            self.assertEqual(run.returncode, code)
            shutil.rmtree(self.dir / "big", ignore_errors=True)

    def test_a_second_run_of_the_same_month_is_locked_out(self):
        self.run_ok("summarize")
        source = self.sources(self.lake)[0]
        with open(self.dir / f"summary/_matome/ledger/source={source}/2025-10.lock", "r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run = self.run_ok("summarize", "--quiet", code=11)
            self.assertEqual(run.stdout, "")
            self.assertTrue(run.stderr.startswith("matome: "), run.stderr)
            run = self.run_ok("summarize", "--json", code=11)
            self.assertEqual(json.loads(run.stdout)["sources"][0]["error"]["exit_code"], 11)
            self.fails(11, "forget", "--source", source)
        self.run_ok("summarize")

    # The other commands

    def test_plan_says_what_and_why(self):
        states = lambda: [day["state"] for day in json.loads(self.run_ok("plan", "--json").stdout)["sources"][0]["days"]]
        self.assertEqual(states()[:4], ["new", "new", "new", "empty"])
        self.assertFalse((self.dir / "summary").exists())
        self.run_ok("summarize")
        self.assertEqual(states()[:4], ["unchanged", "unchanged", "unchanged", "empty"])
        run = self.run_ok("plan", "--tag-keys", "app")
        self.assertRegex(run.stdout, r"(?m)^2025-10-01 .* changed: ")
        self.assertRegex(run.stdout, r"(?m)^to do ")

    def test_forget_removes_a_month(self):
        source = self.sources(self.lake)[0]
        self.run_ok("summarize")
        self.assertIn("needs --source", self.fails(2, "forget"))
        self.assertIn("does not exist", self.fails(2, "forget", "--source", source, "--output", "none"))
        run = self.run_ok("forget", "--source", source, "--month", "2025-10")
        self.assertEqual(run.stdout, f"removed 3 days of source {source}, 2025-10 from ./summary\n")
        self.assertEqual(self.days(), [])
        run = self.run_ok("forget", "--source", source, "--month", "2025-10")
        self.assertEqual(run.stdout, f"nothing of source {source}, 2025-10 in ./summary\n")

    def test_generate_is_seeded(self):
        def digest(path):
            return {file.relative_to(path): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
        generate(self.dir / "again", "--clusters", "1", "--threads", "1")
        self.assertEqual(digest(self.dir / "again"), digest(self.lake))

    def test_completions_work_in_bash(self):
        script = self.run_ok("completion", "bash").stdout
        (self.dir / "complete.sh").write_text(script)
        def complete(*words):
            program = ('source ./complete.sh; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _matome; '
                       'printf "%s\\n" "${COMPREPLY[@]}"')
            run = subprocess.run(["bash", "-euc", program, "bash", "matome", *words], cwd=self.dir, text=True,
                                 capture_output=True, check=True)
            return run.stdout.split()
        self.assertEqual(complete("summ"), ["summarize"])
        self.assertIn("--memory-limit", complete("summarize", "--me"))
        self.assertEqual(complete("summarize", "--format", ""), ["parquet", "csv"])
        self.assertEqual(complete("generate", "--profile", "x"), ["xlarge"])
        self.assertEqual(complete("completion", ""), ["--help", "bash", "zsh", "fish"])
        self.assertEqual(complete("summarize", "la"), ["lake"])
        for shell in ("zsh", "fish"):
            self.assertIn("summarize", self.run_ok("completion", shell).stdout)
        self.assertIn("needs the name of a shell", self.fails(2, "completion"))
        self.assertIn("no completion for", self.fails(2, "completion", "tcsh"))


if __name__ == "__main__":
    unittest.main()
