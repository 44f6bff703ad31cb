# The dashboards in a container, with what requirements.lock pins and nothing else.
#
#   docker build --tag pkimm .
#   docker run --rm --init --publish 127.0.0.1:8866:8866 --volume pkimm-ana:/data pkimm
#
# One container and one volume for each person; see docs/guide/hosting.md.
FROM python:3.11-slim

# What draws the text of PDF reports.
RUN apt-get update && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY pkimm_analytics ./pkimm_analytics
COPY dashboards ./dashboards
COPY notebooks ./notebooks
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .

RUN useradd --create-home pkimm && mkdir /data && chown pkimm /data
USER pkimm
VOLUME /data
ENV PKIMM_HOME=/data/home PKIMM_WORKSPACE=/data/workspace PYTHONUNBUFFERED=1
EXPOSE 8866
CMD ["pkimm", "serve", "--no-browser", "--listen", "0.0.0.0", "--port", "8866"]
