# What compiles and installs stays in the first two stages: the image that runs holds no compiler, no
# pip of its own, no tests. `make image` gives the arguments at the end.

FROM python:3.12-slim-bookworm AS packages
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt requirements-extras.txt /tmp/
# pip works from an environment beside it. The packages' own tests are a fifth of their size.
RUN python -m venv /tmp/pip \
    && python -m venv --without-pip /opt/venv \
    && /tmp/pip/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes \
        -r /tmp/requirements.txt -r /tmp/requirements-extras.txt \
    && find /opt/venv/lib -type d -name tests -prune -exec rm -rf {} + \
    && rm -rf /tmp/pip

# Compiled here, because the user that runs the service may not write beside the modules.
FROM python:3.12-slim-bookworm AS service
COPY storage_api /image/srv/storage-api/storage_api
COPY uwsgi.ini LICENSE /image/srv/storage-api/
RUN python -m compileall -q -s /image /image/srv/storage-api \
    && install -d -m 0775 /image/var/lib/storage-api /image/usr/local/bin \
    && printf '#!/bin/sh\nexec python -m storage_api.cli "$@"\n' >/image/usr/local/bin/storage-api \
    && chmod 0755 /image/usr/local/bin/storage-api

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/srv/storage-api \
    MPLCONFIGDIR=/tmp/matplotlib \
    SAPI_STATE_DIRECTORY=/var/lib/storage-api \
    UWSGI_HTTP_SOCKET=0.0.0.0:5000
COPY --from=packages /opt/venv /opt/venv
COPY --from=service /image /
WORKDIR /srv/storage-api
# Any user id will do, as OpenShift gives one at random, with group 0. Nothing but /tmp and the state
# directory is written, so the root file system may be read-only.
USER 1001:0
VOLUME /tmp /var/lib/storage-api
EXPOSE 5000
# http.client, since urllib would ask a proxy that the environment names.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "\
import http.client as h, os; \
port = os.environ['UWSGI_HTTP_SOCKET'].rpartition(':')[2]; \
c = h.HTTPConnection('127.0.0.1', int(port), timeout=4); \
c.request('GET', '/health/live'); raise SystemExit(c.getresponse().status != 200)"]
# The default, said because it matters: requests in progress end first; see uwsgi.ini.
STOPSIGNAL SIGTERM
CMD ["uwsgi", "--ini", "uwsgi.ini"]
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="storage-api" \
      org.opencontainers.image.description="One REST service in front of every storage system of a scientific site" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE
