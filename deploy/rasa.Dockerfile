# Understanding and dialogue, with the model that was trained when the image was built.
FROM python:3.10.18-slim-bookworm AS model
# A mirror, where one is needed: --build-arg INDEX=…
ARG INDEX=""
ENV PIP_INDEX_URL=${INDEX} UV_DEFAULT_INDEX=${INDEX} UV_LINK_MODE=copy
WORKDIR /app
RUN pip install --no-cache-dir "uv>=0.8,<1" && uv venv -q nlu/.venv
COPY nlu/requirements.lock nlu/requirements.lock
RUN uv pip sync -q --no-cache --python nlu/.venv/bin/python --require-hashes --compile-bytecode \
    nlu/requirements.lock
COPY nlu nlu
COPY bot bot
RUN nlu/.venv/bin/python -m nlu.train --out var/models

FROM python:3.10.18-slim-bookworm
WORKDIR /app
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin dianyu
COPY --from=model /app /app
ENV HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
