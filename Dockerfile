# The app with everything it needs, including the models: it runs without a network.
#   docker build -t boomerang .
#   docker run --rm -p 8501:8501 -v boomerang:/data boomerang
#   docker run … -v ./connections.toml:/app/connections.toml:ro boomerang
#   docker run … -e BOOMERANG_HOSTS=app.example.com boomerang    the accepted host names; default: any
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

# Build the project's wheel with the locked tools, which stay in this stage.
FROM ${PYTHON_IMAGE} AS build
COPY requirements-build.txt /tmp/
RUN python3 -m venv /opt/build \
 && /opt/build/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: --requirement /tmp/requirements-build.txt
WORKDIR /source
COPY pyproject.toml THIRD_PARTY.md app.py ./
COPY .streamlit .streamlit
COPY licences licences
COPY pages pages
COPY src src
RUN /opt/build/bin/hatchling build --target wheel --directory /wheel

FROM ${PYTHON_IMAGE}

# tini is process 1: it reaps processes that plugins leave behind. A plugin gives up if its parent is process 1, so the app must not be.
# libgomp1: xllamacpp's wheel needs the system's.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libgomp1 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin boomerang \
 && install -d -o boomerang -g boomerang -m 0750 /data

# The same lock as on a developer's machine; pip refuses packages that are missing from it or have another hash.
COPY requirements.txt /tmp/
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: --requirement /tmp/requirements.txt \
 && /opt/venv/bin/python -c "import cryptography, hibari, httpx, jsonschema_rs, onnxruntime, soundfile, streamlit, tokenizers, tomli_w, xllamacpp"

# Copy only what the download needs, so that other changes to the source don't download the models again.
COPY src/boomerang/__init__.py src/boomerang/__main__.py src/boomerang/cli.py /tmp/fetch/boomerang/
COPY src/boomerang/commands/__init__.py src/boomerang/commands/weights.py /tmp/fetch/boomerang/commands/
COPY src/boomerang/invoker/__init__.py src/boomerang/invoker/errors.py src/boomerang/invoker/version.py /tmp/fetch/boomerang/invoker/
COPY src/boomerang/invoker/messages /tmp/fetch/boomerang/invoker/messages
COPY src/boomerang/invoker/weights /tmp/fetch/boomerang/invoker/weights
RUN PYTHONPATH=/tmp/fetch PYTHONDONTWRITEBYTECODE=1 /opt/venv/bin/python -m boomerang weights --folder /models

COPY --from=build /wheel /tmp/wheel
RUN /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps /tmp/wheel/*.whl

# `boomerang` looks for connections.toml here.
WORKDIR /app
COPY THIRD_PARTY.md ./
COPY licences licences
# A checkout may be readable by its owner only; the app's user must be able to read it, but not change it.
RUN chmod -R a+rX,go-w /app

ENV PATH=/opt/venv/bin:$PATH \
    HOME=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_WAIT_POLICY=passive \
    BOOMERANG_DATA=/data \
    BOOMERANG_MODELS=/models \
    CONNECTIONS_LOOPBACK=refuse \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501

USER 10001:10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['STREAMLIT_SERVER_PORT']), timeout=4); c.request('GET', '/_stcore/health'); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["tini", "--"]
CMD ["boomerang", "serve"]
