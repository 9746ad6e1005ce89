"""The database itself: made by whoever comes first, and sometimes away."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, inspect, select, text
from structlog.testing import capture_logs

from storage_api.database import FILE_NAME, Database, patience
from storage_api.domain.errors import BackendError, BackendMisbehaved, BackendUnavailable
from storage_api.domain.secrets import Secret
from storage_api.metering.tables import TABLES
from tests.api.callers import assert_problem, call
from tests.servers import ROOT, environment, free_port, service
from tests.services.postgres import PASSWORD, PostgresServer

OTHERS = MetaData()
OTHER = Table("others", OTHERS, Column("id", Integer, primary_key=True))


def test_any_number_that_start_together_make_the_tables_once(database_url: str) -> None:
    def start(number: int) -> set[str]:
        database = Database(Secret(database_url), Path)
        try:
            with database.writing(OTHERS) as connection:
                connection.execute(insert(OTHER).values(id=number))
            with database.reading(TABLES) as connection:
                return set(inspect(connection).get_table_names())
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(start, range(16)):
            assert {"others", "metering_samples"} <= found


def test_an_error_leaves_nothing_of_its_transaction(database: Database) -> None:
    with pytest.raises(BackendError), database.writing(OTHERS) as connection:
        connection.execute(insert(OTHER), [{"id": 1}, {"id": 2}, {"id": 1}])
    with database.reading(OTHERS) as connection:
        assert connection.execute(select(OTHER)).all() == []


def test_without_a_url_it_is_a_file_in_the_state_directory(tmp_path: Path) -> None:
    app = service({"SAPI_STATE_DIRECTORY": str(tmp_path)})
    assert call(app, "GET", "/v3/dummy/usage").get_json() == []
    assert (tmp_path / FILE_NAME).stat().st_size > 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://storage:s3cret-value@127.0.0.1:{port}/samples",
        "sqlite:////nowhere/s3cret-value/samples.sqlite",
        "postgresql://storage:s3cret-value@127.0.0.1:notaport/samples",
    ],
)
def test_a_database_that_is_away_is_no_server_error_and_no_secret(url: str) -> None:
    app = service({"SAPI_DATABASE_URL": url.format(port=free_port())})
    with capture_logs() as logs:
        for path in ("/v3/dummy/usage", "/v3/dummy/usage.svg"):
            answer = call(app, "GET", path)
            assert answer.status_code in {502, 503}
            problem = assert_problem(answer, answer.status_code)
            assert "s3cret" not in str(problem)
    assert "s3cret" not in str(logs)
    assert call(app, "GET", "/v3/dummy/volumes").status_code == 200


def test_many_wait_no_longer_for_a_server_that_does_not_answer_than_one() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql://u:p@127.0.0.1:{port}/samples?connect_timeout=2"
        database = Database(Secret(url), Path)

        def ask(_: int) -> None:
            with pytest.raises(BackendUnavailable), database.reading(TABLES):
                pass

        began = time.monotonic()
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(ask, range(6)))
        assert time.monotonic() - began < 2 * 2
        database.close()


def test_a_wrong_password_is_not_repeated(postgres: PostgresServer) -> None:
    database = Database(Secret(postgres.url("postgres", "not-the-password")), Path)
    with pytest.raises(BackendUnavailable) as caught, database.reading(TABLES):
        pass
    assert "password" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_file_of_another_kind_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("These are notes, and no database at all. " * 50)
    database = Database(Secret(f"sqlite:///{file}"), Path)
    with pytest.raises(BackendMisbehaved), database.reading(TABLES):
        pass
    assert file.read_text().startswith("These are notes")
    database.close()


def test_it_comes_back_when_the_server_does(postgres: PostgresServer) -> None:
    url = postgres.create("restarted")
    database = Database(Secret(url), Path)
    with database.writing(OTHERS) as connection:
        connection.execute(insert(OTHER).values(id=1))
    postgres.stop()
    try:
        with pytest.raises(BackendError), database.reading(OTHERS):
            pass
    finally:
        postgres.start()
    with database.reading(OTHERS) as connection:
        assert connection.execute(select(OTHER.c.id)).scalars().all() == [1]
    database.close()


def test_a_connection_that_stands_still_is_given_up_and_replaced(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.5)
    database = Database(Secret(postgres.create("still")), Path)
    server = text("SELECT pg_backend_pid()")
    stopped: list[int] = []

    def ask(*, then_stop: bool) -> None:
        with database.reading(TABLES) as connection:
            found = connection.execute(server).scalar_one()
            assert found not in stopped
            if then_stop:
                stopped.append(found)
                os.kill(found, signal.SIGSTOP)
                connection.execute(server)

    try:
        with pytest.raises(BackendUnavailable):
            ask(then_stop=True)
        ask(then_stop=False)
        with database.reading(TABLES) as connection:
            stopped.append(connection.execute(server).scalar_one())
        os.kill(stopped[-1], signal.SIGSTOP)
        ask(then_stop=False)
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)
        database.close()


def test_reading_a_file_ends_some_time_and_writing_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.1)
    database = Database(None, lambda: tmp_path)
    count = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) "
        "SELECT count(*) FROM n"
    )
    with database.reading(TABLES):
        pass
    with pytest.raises(BackendUnavailable), database.reading(TABLES) as connection:
        connection.execute(count, {"rows": 10**9})
    with database.writing(TABLES) as connection:
        assert connection.execute(count, {"rows": 10**6}).scalar_one() == 10**6
    database.close()


def test_a_forked_process_has_connections_of_its_own(database: Database) -> None:
    with database.writing(OTHERS) as connection:
        connection.execute(insert(OTHER).values(id=1))
    database._process = -1  # as a child finds it
    inherited = database._engine
    with database.reading(OTHERS) as connection:
        assert connection.execute(select(OTHER.c.id)).scalars().all() == [1]
    assert database._engine is not inherited
    assert inherited is not None
    inherited.dispose()


def test_the_service_starts_without_the_heavy_libraries() -> None:
    program = (
        "import sys; from storage_api.app import create_app; create_app();"
        "print(sorted({'sqlalchemy', 'psycopg', 'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    settings = {"SAPI_BACKENDS": "dummy🌈DummyStorage", "FLASK_DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment({**settings, "SAPI_LOG_LEVEL": "ERROR"}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
