# Two stages: uWSGI is compiled in the first, so that the image that runs holds no compiler.

FROM python:3.12-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt
# Compiled here, because the user that runs the service may write nothing but /tmp.
COPY storage_api /srv/storage-api/storage_api
RUN /opt/venv/bin/python -m compileall -q /srv/storage-api

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    UWSGI_HTTP_SOCKET=0.0.0.0:5000
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/storage-api /srv/storage-api
COPY uwsgi.ini /srv/storage-api/
WORKDIR /srv/storage-api
# Any user id will do, as OpenShift gives one at random, with group 0.
USER 1001:0
EXPOSE 5000
# http.client, since urllib would ask a proxy that the environment names.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "\
import http.client as h; c = h.HTTPConnection('127.0.0.1', 5000, timeout=4); \
c.request('GET', '/health/live'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["uwsgi", "--ini", "uwsgi.ini"]
